'use strict';

// The compatibility API: HTTP/2 streams that look like http's requests and responses.
//
// Theory of operation. A request reads its stream, a response writes it; both hold the stream and forget it when it is
// closed, so that what is called later finds nothing instead of failing.
//
// What surprises people: `socket` is the session's, and refuses what would disturb it; `statusMessage` says nothing,
// since HTTP/2 has none.

const Stream = require('stream');
const { Readable } = Stream;
const {
  codes: {
    ERR_HTTP2_HEADERS_SENT, ERR_HTTP2_INFO_STATUS_NOT_ALLOWED, ERR_HTTP2_INVALID_HEADER_VALUE, ERR_HTTP2_INVALID_STREAM,
    ERR_HTTP2_NO_SOCKET_MANIPULATION, ERR_HTTP2_PSEUDOHEADER_NOT_ALLOWED, ERR_HTTP2_STATUS_INVALID,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_HTTP_TOKEN, ERR_STREAM_WRITE_AFTER_END,
  },
} = require('internal/errors');
const { validateFunction, validateString, validateLinkHeaderValue, validateObject } = require('internal/validators');
const { _checkIsHttpToken: isToken } = require('_http_common');
const { isConnectionHeader, assertValidPseudoHeader } = require('internal/http2/util');
const { warnOnce } = require('internal/util');

const kStream = Symbol('stream');
const kRequest = Symbol('request');
const kResponse = Symbol('response');
const kProxy = Symbol('proxySocket');

/** The stream as `req.socket` shows it: its session's socket, but for what belongs to the stream. */
function makeProxy(stream) {
  const own = ['on', 'once', 'end', 'emit', 'destroy'];
  const refused = ['read', 'write', 'pause', 'resume', 'setEncoding', 'setKeepAlive', 'setNoDelay'];
  return new Proxy(stream, {
    has(target, name) {
      return name in target || name in (target.session?.socket ?? {});
    },
    get(target, name) {
      if (own.includes(name)) return target[name].bind(target);
      if (name === 'writable' || name === 'destroyed') return target[name];
      if (name === 'readable') return target.readable && !target.destroyed;
      if (name === 'setTimeout') return (target.session ?? target).setTimeout.bind(target.session ?? target);
      if (refused.includes(name)) throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      const reference = target.session !== undefined ? target.session.socket : target;
      const value = reference[name];
      return typeof value === 'function' ? value.bind(reference) : value;
    },
    getPrototypeOf(target) {
      return Object.getPrototypeOf(target.session !== undefined ? target.session.socket : target);
    },
    set(target, name, value) {
      if (['writable', 'readable', 'destroyed'].includes(name) || own.includes(name)) target[name] = value;
      else if (name === 'setTimeout') (target.session ?? target).setTimeout = value;
      else if (refused.includes(name)) throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      else (target.session !== undefined ? target.session.socket : target)[name] = value;
      return true;
    },
  });
}

const socketOf = (stream) => (stream[kProxy] ??= makeProxy(stream));

class Http2ServerRequest extends Readable {
  #headers;
  #rawHeaders;
  #trailers = {};
  #rawTrailers = [];
  #aborted = false;
  #ended = false;
  #isClosed = false;
  #isReading = false;

  constructor(stream, headers, options, rawHeaders) {
    super({ autoDestroy: false, ...options });
    this[kStream] = stream;
    this.#headers = headers;
    this.#rawHeaders = rawHeaders;
    stream[kRequest] = this;
    stream.on('trailers', (trailers, flags, raw) => {
      Object.assign(this.#trailers, trailers);
      this.#rawTrailers.push(...raw);
    });
    stream.on('end', () => {
      this.#ended = true;
      this.push(null);
    });
    stream.on('error', () => {});
    stream.on('aborted', () => {
      if (this.#ended) return;
      this.#aborted = true;
      this.emit('aborted');
    });
    stream.on('close', () => {
      this.#ended = true;
      this.push(null);
      if (!this.#isReading) this.resume(); // who has not looked at it hears that it has ended
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.emit('close');
    });
    stream.on('timeout', () => this.emit('timeout'));
    this.on('pause', () => stream.pause());
    this.on('resume', () => stream.resume());
  }

  get aborted() {
    return this.#aborted;
  }

  get complete() {
    return this.#aborted || this.readableEnded || this.#ended || this[kStream].destroyed;
  }

  get stream() {
    return this[kStream];
  }

  get headers() {
    return this.#headers;
  }

  get rawHeaders() {
    return this.#rawHeaders;
  }

  get trailers() {
    return this.#trailers;
  }

  get rawTrailers() {
    return this.#rawTrailers;
  }

  get httpVersionMajor() {
    return 2;
  }

  get httpVersionMinor() {
    return 0;
  }

  get httpVersion() {
    return '2.0';
  }

  get socket() {
    return socketOf(this[kStream]);
  }

  get connection() {
    return this.socket;
  }

  get method() {
    return this.#headers[':method'];
  }

  set method(method) {
    validateString(method, 'method');
    if (method.trim() === '') throw new ERR_INVALID_ARG_VALUE('method', method);
    this.#headers[':method'] = method;
  }

  get authority() {
    return this.#headers[':authority'] ?? this.#headers.host;
  }

  get scheme() {
    return this.#headers[':scheme'];
  }

  get url() {
    return this.#headers[':path'];
  }

  set url(url) {
    this.#headers[':path'] = url;
  }

  _read() {
    const stream = this[kStream];
    if (this.#ended) {
      this.push(null);
      return;
    }
    if (this.#isReading) {
      process.nextTick(() => stream.resume());
      return;
    }
    this.#isReading = true;
    stream.on('data', (chunk) => {
      if (!this.push(chunk)) stream.pause();
    });
  }

  setTimeout(msecs, callback) {
    if (!this.#ended) this[kStream].setTimeout(msecs, callback);
    return this;
  }
}

const CONTINUE = 100;

class Http2ServerResponse extends Stream {
  #headers = { __proto__: null };
  #trailers = { __proto__: null };
  #status = 200;
  #isClosed = false;
  #isEnding = false;

  constructor(stream, options) {
    super(options);
    this[kStream] = stream;
    stream[kResponse] = this;
    this.sendDate = true;
    this.writable = true;
    this.req = stream[kRequest];
    stream.on('drain', () => this.emit('drain'));
    stream.on('close', () => {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.emit('finish');
      this.emit('close');
    });
    stream.on('wantTrailers', () => {
      stream.sendTrailers(this.#trailers);
    });
    stream.on('timeout', () => this.emit('timeout'));
  }

  get _header() {
    return this.headersSent;
  }

  get writableEnded() {
    return this.#isEnding;
  }

  get finished() {
    return this.#isEnding;
  }

  get writableFinished() {
    return this[kStream].writableFinished;
  }

  get writableCorked() {
    return this[kStream].writableCorked;
  }

  get writableHighWaterMark() {
    return this[kStream].writableHighWaterMark;
  }

  get writableLength() {
    return this[kStream].writableLength;
  }

  get writableNeedDrain() {
    return this[kStream].writableNeedDrain;
  }

  get destroyed() {
    return this[kStream].destroyed;
  }

  get socket() {
    return this.#isClosed ? undefined : socketOf(this[kStream]);
  }

  get connection() {
    return this.socket;
  }

  get stream() {
    return this[kStream];
  }

  get headersSent() {
    return this[kStream].headersSent;
  }

  get statusCode() {
    return this.#status;
  }

  set statusCode(code) {
    code |= 0;
    if (code >= 100 && code < 200) throw new ERR_HTTP2_INFO_STATUS_NOT_ALLOWED();
    if (code < 100 || code > 599) throw new ERR_HTTP2_STATUS_INVALID(code);
    this.#status = code;
  }

  get statusMessage() {
    warnOfStatusMessage();
    return '';
  }

  set statusMessage(_) {
    warnOfStatusMessage();
  }

  // Headers

  setHeader(name, value) {
    validateString(name, 'name');
    assertHeader(name.trim().toLowerCase(), value);
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    if (this.#isClosed) return;
    this.#put(name, value);
  }

  #put(name, value) {
    name = name.trim().toLowerCase();
    assertHeader(name, value);
    if (!isToken(name)) throw new ERR_INVALID_HTTP_TOKEN('Header name', name);
    if (isConnectionHeader(name, value)) {
      warnOfConnectionHeader();
      return;
    }
    if (name[0] === ':') assertValidPseudoHeader(name);
    this.#headers[name] = value;
  }

  setHeaders(headers) {
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    if (!headers || Array.isArray(headers) || typeof headers.keys !== 'function' || typeof headers.get !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('headers', ['Headers', 'Map'], headers);
    }
    for (const name of headers.keys()) this.setHeader(name, headers.get(name));
    return this;
  }

  appendHeader(name, value) {
    validateString(name, 'name');
    if (value === undefined || value === null) throw new ERR_HTTP2_INVALID_HEADER_VALUE(value, name);
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    if (this.#isClosed) return;
    this.#append(name, value);
  }

  #append(name, value) {
    const existing = this.#headers[name.trim().toLowerCase()];
    this.#put(name, existing === undefined ? value : [].concat(existing, value));
  }

  getHeader(name) {
    validateString(name, 'name');
    return this.#headers[name.trim().toLowerCase()];
  }

  getHeaderNames() {
    return Object.keys(this.#headers);
  }

  getHeaders() {
    return { __proto__: null, ...this.#headers };
  }

  hasHeader(name) {
    validateString(name, 'name');
    return name.trim().toLowerCase() in this.#headers;
  }

  removeHeader(name) {
    validateString(name, 'name');
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    name = name.trim().toLowerCase();
    if (name === 'date') this.sendDate = false;
    else delete this.#headers[name];
  }

  setTrailer(name, value) {
    validateString(name, 'name');
    name = name.trim().toLowerCase();
    assertHeader(name, value);
    this.#trailers[name] = value;
  }

  addTrailers(headers) {
    for (const name of Object.keys(headers)) this.setTrailer(name, headers[name]);
  }

  // Writing

  assignSocket() {
    throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
  }

  detachSocket() {}

  flushHeaders() {
    if (!this.#isClosed && !this.headersSent) this.writeHead(this.#status);
  }

  writeHead(statusCode, statusMessage, headers) {
    if (this.#isClosed || this[kStream].destroyed || this[kStream].closed) return this;
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
    if (typeof statusMessage === 'string') warnOfStatusMessage();
    if (headers === undefined && typeof statusMessage === 'object') headers = statusMessage;
    if (Array.isArray(headers)) {
      if (headers.length > 0 && Array.isArray(headers[0])) {
        for (const [name, value] of headers) this.#append(name, value);
      } else {
        if (headers.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', headers);
        for (let i = 0; i < headers.length; i += 2) this.#append(headers[i], headers[i + 1]);
      }
    } else if (headers !== null && typeof headers === 'object') {
      for (const name of Object.keys(headers)) this.#put(name, headers[name]);
    }
    this.statusCode = statusCode;
    this.#begin();
    return this;
  }

  #begin(endStream = false) {
    if (this.headersSent) return;
    const headers = this.#headers;
    headers[':status'] = this.#status;
    this[kStream].respond(headers, {
      endStream, waitForTrailers: true, sendDate: this.sendDate,
    });
  }

  cork() {
    this[kStream].cork();
  }

  uncork() {
    this[kStream].uncork();
  }

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = 'utf8';
    }
    let error;
    const stream = this[kStream];
    if (this.#isEnding) error = new ERR_STREAM_WRITE_AFTER_END();
    else if (this.#isClosed) error = new ERR_HTTP2_INVALID_STREAM();
    else if (stream.destroyed) return false;
    if (error) {
      if (typeof callback === 'function') process.nextTick(callback, error);
      this.destroy(error);
      return false;
    }
    if (!stream.headersSent) this.writeHead(this.#status);
    return stream.write(chunk, encoding, callback);
  }

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = null;
    } else if (typeof encoding === 'function') {
      callback = encoding;
      encoding = 'utf8';
    }
    const stream = this[kStream];
    if (this.#isClosed || this.#isEnding) {
      if (typeof callback === 'function') {
        if (stream.writableEnded && !this.#isClosed) this.once('finish', callback);
        else process.nextTick(callback);
      }
      return this;
    }
    if (chunk !== null && chunk !== undefined && !stream.headRequest) this.write(chunk, encoding);
    this.#isEnding = true;
    if (typeof callback === 'function') {
      if (stream.writableEnded) this.once('finish', callback);
      else stream.once('finish', callback);
    }
    if (!stream.headersSent && !stream.destroyed && !stream.closed) {
      this.#begin(Object.keys(this.#trailers).length === 0);
    }
    if (this.#isClosed || stream.destroyed) this.#isClosed = true;
    else stream.end();
    return this;
  }

  destroy(error) {
    if (this.destroyed) return;
    this[kStream].destroy(error);
  }

  setTimeout(msecs, callback) {
    if (!this.#isClosed) this[kStream].setTimeout(msecs, callback);
  }

  createPushResponse(headers, callback) {
    validateFunction(callback, 'callback');
    if (this.#isClosed) {
      process.nextTick(callback, new ERR_HTTP2_INVALID_STREAM());
      return;
    }
    this[kStream].pushStream(headers, {}, (error, stream) => {
      if (error) callback(error);
      else callback(null, new Http2ServerResponse(stream));
    });
  }

  writeContinue() {
    if (this.headersSent || this.#isClosed) return false;
    this[kStream].additionalHeaders({ ':status': CONTINUE });
    return true;
  }

  writeInformation(statusCode, headers) {
    this[kStream].additionalHeaders({ ...headers, ':status': statusCode });
    return true;
  }

  writeEarlyHints(hints) {
    validateObject(hints, 'hints');
    const headers = { __proto__: null };
    const link = validateLinkHeaderValue(hints.link);
    for (const name of Object.keys(hints)) {
      if (name !== 'link') headers[name] = hints[name];
    }
    if (link.length === 0) return false;
    if (this.headersSent || this.#isClosed) return false;
    this[kStream].additionalHeaders({ ...headers, ':status': 103, link });
    return true;
  }
}

function assertHeader(name, value) {
  if (name === '') throw new ERR_INVALID_HTTP_TOKEN('Header name', name);
  if (name[0] === ':') throw new ERR_HTTP2_PSEUDOHEADER_NOT_ALLOWED();
  if (value === undefined || value === null) throw new ERR_HTTP2_INVALID_HEADER_VALUE(value, name);
}

function warnOfStatusMessage() {
  warnOnce('http2 status message',
    'Status message is not supported by HTTP/2 (RFC7540 8.1.2.4)', 'UnsupportedWarning');
}

function warnOfConnectionHeader() {
  warnOnce('http2 connection header',
    'The provided connection header is not valid, the value will be dropped from the header and will never be in use.',
    'UnsupportedWarning');
}

/** A server's 'stream', for who listens for 'request'. */
function onServerStream(server, Request, Response, stream, headers, flags, rawHeaders) {
  const request = new Request(stream, headers, undefined, rawHeaders);
  const response = new Response(stream);
  if (headers[':method'] === 'CONNECT') {
    if (!server.emit('connect', request, response)) {
      response.statusCode = 405;
      response.end();
    }
    return;
  }
  const { expect } = headers;
  if (expect !== undefined) {
    if (expect === '100-continue') {
      if (server.listenerCount('checkContinue') > 0) {
        server.emit('checkContinue', request, response);
        return;
      }
      response.writeContinue();
    } else if (server.listenerCount('checkExpectation') > 0) {
      server.emit('checkExpectation', request, response);
      return;
    } else {
      response.statusCode = 417;
      response.end();
      return;
    }
  }
  server.emit('request', request, response);
}

module.exports = { onServerStream, Http2ServerRequest, Http2ServerResponse };
