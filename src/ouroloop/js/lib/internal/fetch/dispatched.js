'use strict';

// DispatchedTransaction: a request that a program's dispatcher answers instead of the network.
//
// Theory of operation. Programs take over the fetch with the package undici: a dispatcher (a mock, a proxy, a client of
// their own) is an option of one fetch, or a global under a registered symbol. What it tells its handler becomes a
// message as the http client has it.

const { Buffer } = require('buffer');
const { Readable } = require('stream');
const { isBlob } = require('internal/blob');

const kGlobalDispatcher = Symbol.for('undici.globalDispatcher.1');

/** The dispatcher for a fetch, undefined for the network itself. */
const dispatcherFor = (own) => own ?? globalThis[kGlobalDispatcher];

function bodyOf(body) {
  if (body === null) return null;
  const [only, ...others] = body.parts ?? [];
  if (only !== undefined && others.length === 0 && !isBlob(only)) return Buffer.from(only);
  return Readable.from(body.chunks(), { objectMode: false });
}

const toText = (value) => (typeof value === 'string' ? value : Buffer.from(value).toString('latin1'));

class DispatchedTransaction {
  #answer = Promise.withResolvers();
  #message = null;
  #abort = null;

  constructor({ method, url, headers, body }, dispatcher) {
    dispatcher.dispatch({
      path: url.pathname + url.search,
      origin: url.origin,
      method,
      body: bodyOf(body),
      headers: headers.toObject(),
      maxRedirections: 0,
      upgrade: undefined,
    }, this.#handler());
  }

  get response() {
    return this.#answer.promise;
  }

  destroy(error) {
    this.#answer.reject(error);
    this.#abort?.(error);
  }

  #handler() {
    return {
      body: null,
      abort: null,
      onConnect: (abort) => {
        this.#abort = abort;
      },
      onResponseStarted() {},
      onHeaders: (status, rawHeaders, resume, statusText) => {
        if (status >= 200) this.#arrived(status, rawHeaders, resume, statusText);
        return true;
      },
      onData: (chunk) => this.#message.push(chunk),
      onComplete: () => {
        this.#message.complete = true;
        this.#message.push(null);
      },
      onError: (error) => {
        this.#answer.reject(error);
        this.#message?.destroy(error);
      },
    };
  }

  #arrived(status, rawHeaders, resume, statusText) {
    const message = this.#message = new Readable({ read: () => resume() });
    message.on('error', () => {});
    message.statusCode = status;
    message.statusMessage = statusText ?? '';
    message.rawHeaders = (rawHeaders ?? []).flat().map(toText);
    message.complete = false;
    this.#answer.resolve(message);
  }
}

module.exports = { DispatchedTransaction, dispatcherFor };
