'use strict';

// fetch(): what happens between a Request and its Response.
//
// Theory of operation. A Fetching lives until its response's body is over. It sends transactions until one is answered
// by no redirect that it has to follow. Whatever fails on the way is the cause of one error, "fetch failed". Its
// request's signal ends it at any stage, with the signal's reason.
//
// What surprises people: an answer of 404 is no error; `redirect: 'manual'` shows the redirect as it came, unlike in
// browsers; and credentials do not follow a redirect to another origin.

const { Buffer } = require('buffer');
const { Body } = require('internal/fetch/body');
const { HeaderList } = require('internal/fetch/headers');
const { Request, dispatcherOf, innerRequestOf } = require('internal/fetch/request');
const { InnerResponse, NULL_BODY_STATUSES, REDIRECT_STATUSES, makeResponse } = require('internal/fetch/response');

const MOST_REDIRECTS = 20;

/**
 * Ports of other services, which a request could be made to speak to.
 * Source: https://fetch.spec.whatwg.org/#port-blocking
 */
const BAD_PORTS = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109, 110,
  111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530, 531, 532,
  540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061,
  6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
].map(String));

const BODY_HEADERS = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];
const ORIGIN_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'host'];

const isHttp = ({ protocol }) => protocol === 'http:' || protocol === 'https:';

function headersOf({ rawHeaders }) {
  const headers = new HeaderList();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at].toLowerCase(), rawHeaders[at + 1]);
  return headers;
}

/** Where a redirect leads, null if it leads nowhere. Throws if that is no URL. */
function locationOf(headers, url) {
  const location = headers.get('location');
  if (location === null) return null;
  const next = new URL(Buffer.from(location, 'latin1').toString(), url);
  if (next.hash === '') next.hash = url.hash;
  return next;
}

class Fetching {
  #inner;
  #signal;
  #dispatcher; // a program's own, or undefined
  #wanted; // what is sent next
  #urls;
  #transaction = null;
  #received = null;
  #timing = null; // of a fetch from the network
  #answer = Promise.withResolvers();

  constructor(request) {
    this.#inner = innerRequestOf(request);
    this.#signal = request.signal;
    this.#dispatcher = dispatcherOf(request);
    const { method, url, headers, body } = this.#inner;
    this.#wanted = { method, url, headers: HeaderList.copyOf(headers), body };
    this.#urls = [url.href];
  }

  /** A promise of the Response. */
  start() {
    if (this.#signal.aborted) {
      this.#abort();
    } else {
      this.#signal.addEventListener('abort', this.#abort, { once: true });
      this.#run();
    }
    return this.#answer.promise;
  }

  #abort = () => {
    const { reason } = this.#signal;
    this.#answer.reject(reason);
    this.#inner.body?.cancel(reason);
    this.#transaction?.destroy(reason);
    this.#received?.abort(reason);
  };

  async #run() {
    try {
      const response = await this.#checked(await this.#fetch());
      response.urls = this.#urls;
      this.#answer.resolve(makeResponse(response, 'immutable'));
    } catch (cause) {
      this.#transaction?.destroy(cause);
      this.#over(0);
      this.#answer.reject(new TypeError('fetch failed', { cause }));
    }
  }

  /** Nothing more will come. `status` is the response's, 0 if it failed. */
  #over(status) {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#timing?.report(this.#urls[0], status);
  }

  async #fetch() {
    const { url } = this.#wanted;
    switch (url.protocol) {
      case 'about:': throw new Error('about scheme is not supported');
      case 'blob:': return require('internal/fetch/local').fetchBlob(url, this.#wanted);
      case 'data:': return require('internal/fetch/local').fetchData(url);
      case 'file:': throw new Error('not implemented... yet...');
      case 'http:': case 'https:': return this.#fetchHttp();
      default: throw new Error('unknown scheme');
    }
  }

  async #fetchHttp() {
    const { FetchTiming } = require('internal/fetch/timing');
    this.#timing = new FetchTiming();
    for (;;) {
      const message = await this.#send();
      this.#timing.responded();
      const headers = headersOf(message);
      const next = this.#nextUrl(message, headers);
      if (next === null) return this.#toResponse(message, headers);
      message.destroy();
      this.#follow(next, message.statusCode);
      this.#timing.redirected();
    }
  }

  #send() {
    const { method, url, headers, body } = this.#wanted;
    if (BAD_PORTS.has(url.port)) throw new Error('bad port');
    const sent = HeaderList.copyOf(headers);
    const { addFetchHeaders } = require('internal/fetch/network_headers');
    addFetchHeaders(sent, { ...this.#inner, method, url, body });
    this.#transaction = this.#begin({ method, url, headers: sent, body });
    return this.#transaction.response;
  }

  #begin(wanted) {
    const { DispatchedTransaction, dispatcherFor } = require('internal/fetch/dispatched');
    const dispatcher = dispatcherFor(this.#dispatcher);
    if (dispatcher !== undefined) return new DispatchedTransaction(wanted, dispatcher);
    const { Transaction } = require('internal/fetch/transaction');
    return new Transaction(wanted, () => this.#timing.connected());
  }

  /** The URL of a redirect that is to be followed, or null. */
  #nextUrl({ statusCode }, headers) {
    const { redirect } = this.#inner;
    if (!REDIRECT_STATUSES.has(statusCode) || redirect === 'manual') return null;
    if (redirect === 'error') throw new Error('unexpected redirect');
    const next = locationOf(headers, this.#wanted.url);
    if (next === null) return null;
    if (!isHttp(next)) throw new Error('URL scheme must be a HTTP(S) scheme');
    if (this.#urls.length > MOST_REDIRECTS) throw new Error('redirect count exceeded');
    const isCrossOrigin = next.origin !== this.#wanted.url.origin;
    if (this.#inner.mode === 'cors' && (next.username || next.password) && isCrossOrigin) {
      throw new Error('cross origin not allowed for request mode "cors"');
    }
    return next;
  }

  #follow(next, status) {
    const wanted = this.#wanted;
    if (status !== 303 && wanted.body !== null && wanted.body.parts === null) throw new Error();
    const isPost = (status === 301 || status === 302) && wanted.method === 'POST';
    if (isPost || (status === 303 && wanted.method !== 'GET' && wanted.method !== 'HEAD')) {
      wanted.method = 'GET';
      wanted.body = null;
      for (const name of BODY_HEADERS) wanted.headers.delete(name);
    }
    if (next.origin !== wanted.url.origin) for (const name of ORIGIN_HEADERS) wanted.headers.delete(name);
    wanted.url = next;
    this.#urls.push(next.href);
  }

  #toResponse(message, headers) {
    const response = new InnerResponse();
    response.type = 'basic';
    response.status = message.statusCode;
    response.statusText = message.statusMessage;
    response.headers = headers;
    if (NULL_BODY_STATUSES.has(response.status) || this.#wanted.method === 'HEAD') {
      message.resume();
      this.#over(response.status);
      return response;
    }
    const { Received } = require('internal/fetch/received');
    this.#received = new Received(message, headers, ({ encodedSize, decodedSize, isWhole }) => {
      this.#timing.encodedBodySize = encodedSize;
      this.#timing.decodedBodySize = decodedSize;
      this.#over(isWhole ? response.status : 0);
    });
    response.body = new Body(null, this.#received.stream);
    return response;
  }

  /** The response, if it is what the request's `integrity` wants. */
  async #checked(response) {
    const { integrity } = this.#inner;
    if (integrity === '' || response.body === null) return response;
    const bytes = await response.body.read();
    if (!require('internal/fetch/integrity').matches(bytes, integrity)) throw new Error('integrity mismatch');
    response.body = new Body([bytes]);
    return response;
  }
}

async function fetch(input, init) {
  return new Fetching(new Request(input, init)).start();
}

module.exports = { fetch };
