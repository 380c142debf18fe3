'use strict';

// Request: what is to be fetched, and how.
//
// Theory of operation. What it is lies in an inner record, which the fetch reads. Making a Request of another one takes
// its body over. Its signal follows that of its maker, and is made when somebody asks.
//
// What surprises people: many members mean something in browsers only; they are checked and kept, no more. Of the
// methods that are not all written in upper case, `patch` alone stays as it is.

const { customInspectSymbol, isObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { _checkIsHttpToken: isToken } = require('_http_common');
const { AbortSignal } = require('internal/abort_controller');
const { defineBody, extractBody } = require('internal/fetch/body');
const { HeaderList, fillHeaders, guardOf, headerListOf, makeHeaders } = require('internal/fetch/headers');
const {
  illegalInvocation, inspectFields, requireArguments, requireInstance, toByteString, toDictionary, toEnumeration,
  toScalarString,
} = require('internal/fetch/webidl');

const REFERRER_POLICIES = [
  '', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin',
  'origin-when-cross-origin', 'strict-origin-when-cross-origin', 'unsafe-url',
];
const MODES = ['navigate', 'same-origin', 'no-cors', 'cors'];
const CREDENTIALS = ['omit', 'same-origin', 'include'];
const CACHES = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'];
const REDIRECTS = ['follow', 'manual', 'error'];
const NORMALIZED_METHODS = new Set(['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT']);
const FORBIDDEN_METHODS = new Set(['CONNECT', 'TRACE', 'TRACK']);

class InnerRequest {
  method = 'GET';
  headers = new HeaderList();
  body = null;
  referrer = 'client';
  referrerPolicy = '';
  mode = 'cors';
  credentials = 'same-origin';
  cache = 'default';
  redirect = 'follow';
  integrity = '';
  keepalive = false;

  constructor(url) {
    this.url = url;
  }
}

/** How each member of a RequestInit is converted, in the order in which they are read. */
const CONVERTERS = {
  method: (value) => toByteString(value, 'RequestInit', 'method'),
  headers: (value) => value,
  body: (value) => value,
  referrer: toScalarString,
  referrerPolicy: (value) => toEnumeration(value, REFERRER_POLICIES),
  mode: (value) => toEnumeration(value, MODES),
  credentials: (value) => toEnumeration(value, CREDENTIALS),
  cache: (value) => toEnumeration(value, CACHES),
  redirect: (value) => toEnumeration(value, REDIRECTS),
  integrity: String,
  keepalive: Boolean,
  signal: (value) => (value === null ? null : requireInstance(value, AbortSignal, 'RequestInit', 'signal')),
  window: (value) => value,
  duplex: (value) => toEnumeration(value, ['half']),
  dispatcher: (value) => value,
  priority: (value) => toEnumeration(value, ['high', 'low', 'auto']),
};

function toInit(value) {
  const init = toDictionary(value);
  const converted = {};
  for (const name of Object.keys(CONVERTERS)) {
    const member = init[name];
    if (member !== undefined) converted[name] = CONVERTERS[name](member);
  }
  return converted;
}

let isPatchTold = false;

function toMethod(method) {
  const upper = method.toUpperCase();
  if (NORMALIZED_METHODS.has(upper)) return upper;
  if (!isToken(method)) throw new TypeError(`'${method}' is not a valid HTTP method.`);
  if (FORBIDDEN_METHODS.has(upper)) throw new TypeError(`'${method}' HTTP method is unsupported.`);
  if (method === 'patch' && !isPatchTold) {
    isPatchTold = true;
    process.emitWarning('Using `patch` is highly likely to result in a `405 Method Not Allowed`. ' +
      '`PATCH` is much more likely to succeed.', { code: 'UNDICI-FETCH-patch' });
  }
  return method;
}

function toReferrer(referrer) {
  if (referrer === '') return 'no-referrer';
  try {
    // The pages a program in Node comes from are no page's; so every other one is left as it is.
    const { href, protocol, hostname } = new URL(referrer);
    return protocol === 'about:' && hostname === 'client' ? 'client' : href;
  } catch (error) {
    throw new TypeError(`Referrer "${referrer}" is not a valid URL.`, { cause: error });
  }
}

function parseUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch (error) {
    throw new TypeError(`Failed to parse URL from ${text}`, { cause: error });
  }
  if (url.username || url.password) {
    throw new TypeError(`Request cannot be constructed from a URL that includes credentials: ${text}`);
  }
  return url;
}

let isRequest;
let innerOf;
let dispatcherOf;
let make;

class Request {
  #inner;
  #headers;
  #signal; // its own, which is made when asked for
  #followed; // the signal that its own follows, or null
  #dispatcher;

  static {
    isRequest = (value) => isObject(value) && #inner in value;
    innerOf = (request) => {
      if (!isRequest(request)) throw illegalInvocation('Request');
      return request.#inner;
    };
    dispatcherOf = (request) => request.#dispatcher;
    make = (inner, guard, signal, dispatcher) => {
      const request = new Request(inner.url);
      request.#inner = inner;
      request.#headers = makeHeaders(inner.headers, guard);
      request.#followed = signal;
      request.#dispatcher = dispatcher;
      return request;
    };
  }

  constructor(input, init = {}) {
    requireArguments(arguments, 1, 'Request constructor');
    const source = isObject(input) && #inner in input ? input : null;
    const text = source === null ? toScalarString(input) : '';
    init = toInit(init);
    const inner = this.#inner = source === null ? new InnerRequest(parseUrl(text)) : copyOf(source.#inner);
    this.#followed = source === null ? null : source.signal;
    this.#dispatcher = init.dispatcher ?? source?.#dispatcher;
    if (init.window !== undefined && init.window !== null) {
      throw new TypeError("'window' option 'client' must be null");
    }
    takeMembers(inner, init);
    if (init.signal !== undefined) this.#followed = init.signal;
    this.#headers = makeHeaders(inner.headers, 'request');
    if (init.headers !== undefined) replaceHeaders(this.#headers, init.headers);
    this.#takeBody(init, source?.#inner.body ?? null);
  }

  #takeBody(init, inherited) {
    const inner = this.#inner;
    const own = init.body ?? null;
    const isBodiless = inner.method === 'GET' || inner.method === 'HEAD';
    if ((own !== null || inherited !== null) && isBodiless) {
      throw new TypeError('Request with GET/HEAD method cannot have body.');
    }
    if (own === null) {
      if (inherited === null) return;
      if (inherited.isUnusable) {
        throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
      }
      inner.body = inherited.moved();
      return;
    }
    const [body, type] = extractBody(own, inner.keepalive);
    if (type !== null && !inner.headers.has('content-type')) inner.headers.append('content-type', type);
    if (body.parts === null && init.duplex === undefined) {
      throw new TypeError('RequestInit: duplex option is required when sending a body.');
    }
    inner.body = body;
  }

  get method() {
    return innerOf(this).method;
  }

  get url() {
    return innerOf(this).url.href;
  }

  get headers() {
    innerOf(this);
    return this.#headers;
  }

  get destination() {
    innerOf(this);
    return '';
  }

  get referrer() {
    const { referrer } = innerOf(this);
    if (referrer === 'no-referrer') return '';
    return referrer === 'client' ? 'about:client' : referrer;
  }

  get referrerPolicy() {
    return innerOf(this).referrerPolicy;
  }

  get mode() {
    return innerOf(this).mode;
  }

  get credentials() {
    return innerOf(this).credentials;
  }

  get cache() {
    return innerOf(this).cache;
  }

  get redirect() {
    return innerOf(this).redirect;
  }

  get integrity() {
    return innerOf(this).integrity;
  }

  get keepalive() {
    return innerOf(this).keepalive;
  }

  get isReloadNavigation() {
    innerOf(this);
    return false;
  }

  get isHistoryNavigation() {
    innerOf(this);
    return false;
  }

  get signal() {
    innerOf(this);
    return this.#signal ??= AbortSignal.any(this.#followed === null ? [] : [this.#followed]);
  }

  get duplex() {
    innerOf(this);
    return 'half';
  }

  clone() {
    const inner = innerOf(this);
    if (inner.body?.isUnusable) throw new TypeError('unusable');
    const copy = copyOf(inner);
    copy.body = inner.body && inner.body.clone();
    return make(copy, guardOf(this.#headers), this.signal, this.#dispatcher);
  }

  [customInspectSymbol](depth, options) {
    options.depth ??= 2;
    options.colors ??= true;
    const fields = Object.fromEntries(SHOWN.map((name) => [name, this[name]]));
    return inspectFields('Request', fields, depth, options);
  }
}

const SHOWN = [
  'method', 'url', 'headers', 'destination', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect',
  'integrity', 'keepalive', 'isReloadNavigation', 'isHistoryNavigation', 'signal',
];

/** A copy that shares nothing but the URL, and has no body. */
function copyOf(inner) {
  const copy = Object.assign(new InnerRequest(inner.url), inner);
  copy.headers = HeaderList.copyOf(inner.headers);
  copy.body = null;
  return copy;
}

function takeMembers(inner, init) {
  inner.referrer = 'client';
  inner.referrerPolicy = '';
  if (init.referrer !== undefined) inner.referrer = toReferrer(init.referrer);
  if (init.mode === 'navigate') throw new TypeError('Request constructor: invalid request mode navigate.');
  for (const name of ['referrerPolicy', 'mode', 'credentials', 'cache', 'redirect', 'integrity', 'keepalive']) {
    if (init[name] !== undefined) inner[name] = init[name];
  }
  if (inner.cache === 'only-if-cached' && inner.mode !== 'same-origin') {
    throw new TypeError("'only-if-cached' can be set only with 'same-origin' mode");
  }
  if (init.method !== undefined) inner.method = toMethod(init.method);
}

function replaceHeaders(headers, init) {
  headerListOf(headers).clear();
  fillHeaders(headers, init);
}

defineEnumerable(Request, ...SHOWN);
defineBody(Request, innerOf);
defineEnumerable(Request, 'duplex', 'clone');
defineTag(Request);
defineTransferMode(Request, NEITHER, isRequest);

module.exports = { Request, dispatcherOf, innerRequestOf: innerOf };
