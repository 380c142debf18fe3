'use strict';

// OutgoingMessage: what is sent, a response on a server's side and a request on a client's.
//
// Theory of operation. A message has a head, made once from its headers when the first byte is written (or by
// `flushHeaders`), and a body. What is written goes to the socket if the message has one, and else waits in
// `outputData`, until it gets one or its turn comes. The head goes together with the first piece of the body; if that
// piece is text, as one string. Everything written within one tick leaves together: the socket stays corked until then.
//
// What surprises people: `finish` means that all was handed to the operating system, not that it arrived. And a
// length is chosen late: if `end` brings the whole body, its length is sent; otherwise the body is chunked.

const { Stream } = require('internal/streams/legacy');
const { Buffer } = require('buffer');
const { captureRejectionSymbol } = require('events');
const { getDefaultHighWaterMark } = require('internal/streams/state');
const {
  codes: {
    ERR_HTTP_BODY_NOT_ALLOWED, ERR_HTTP_CONTENT_LENGTH_MISMATCH, ERR_HTTP_HEADERS_SENT, ERR_HTTP_TRAILER_INVALID,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_CHAR, ERR_METHOD_NOT_IMPLEMENTED, ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE, ERR_STREAM_DESTROYED, ERR_STREAM_NULL_VALUES, ERR_STREAM_WRITE_AFTER_END,
  },
} = require('internal/errors');
const { validateString } = require('internal/validators');
const { writeThrough } = require('internal/net/socket');
const { StreamHandle } = require('internal/stream_handle');
const { isUint8Array } = require('internal/util/types');
const { _checkInvalidHeaderChar: hasInvalidChar, chunkExpression } = require('_http_common');
const { validateHeaderName, validateHeaderValue, parseUniqueHeadersOption } = require('internal/http/headers');

const kHeaders = Symbol('kHeaders'); // lower-case name -> [name, value]
const kSocket = Symbol('kSocket');
const kCorked = Symbol('kCorked');
const kHeld = Symbol('kHeld'); // pieces of a chunk while corked: [bytes or text, encoding, length, callback]
const kHeldLength = Symbol('kHeldLength');
const kUniqueHeaders = Symbol('kUniqueHeaders');
const kBytesWritten = Symbol('kBytesWritten');
const kErrored = Symbol('kErrored');
/** The connection that a response belongs to: its `finished(message)` is called before 'finish' is told. */
const kOwner = Symbol('kOwner');
const kFinished = Symbol('kFinished'); // whether 'finish' is told
const kEndCallbacks = Symbol('kEndCallbacks'); // of `end`, or null; called before 'finish', or with what failed
const kHighWaterMark = Symbol('kHighWaterMark');
const kNeedDrain = Symbol('kNeedDrain');
const kRejectNonStandardBodyWrites = Symbol('kRejectNonStandardBodyWrites');

const nothing = () => {};
const CRLF = Buffer.from('\r\n');
const LAST_CHUNK = '0\r\n';

function OutgoingMessage(options) {
  // An object with these keys is made and looked into much faster than the one that an emitter makes for itself.
  this._events = {
    close: undefined, error: undefined, prefinish: undefined, finish: undefined, drain: undefined, socket: undefined,
  };
  Stream.call(this);
  this.outputData = [];
  this.outputSize = 0;
  this.writable = true;
  this.destroyed = false;
  this._last = false;
  this.chunkedEncoding = false;
  this.shouldKeepAlive = true;
  this.maxRequestsOnConnectionReached = false;
  this._defaultKeepAlive = true;
  this.useChunkedEncodingByDefault = true;
  this.sendDate = false;
  this._removedConnection = false;
  this._removedContLen = false;
  this._removedTE = false;
  this.strictContentLength = false;
  this[kBytesWritten] = 0;
  this._contentLength = null;
  this._hasBody = true;
  this._trailer = '';
  this[kNeedDrain] = false;
  this.finished = false;
  this[kFinished] = false;
  this[kEndCallbacks] = null;
  this._headerSent = false;
  this[kCorked] = 0;
  this[kHeld] = null;
  this[kHeldLength] = 0;
  this._closed = false;
  this[kSocket] = null;
  this._header = null;
  this[kHeaders] = null;
  this._keepAliveTimeout = 0;
  this._onPendingData = nothing;
  this[kOwner] = null;
  this[kErrored] = null;
  this[kHighWaterMark] = options?.highWaterMark ?? getDefaultHighWaterMark();
  this[kRejectNonStandardBodyWrites] = options?.rejectNonStandardBodyWrites ?? false;
}
Object.setPrototypeOf(OutgoingMessage.prototype, Stream.prototype);
Object.setPrototypeOf(OutgoingMessage, Stream);

const property = (get, set) => ({ __proto__: null, configurable: true, get, set });

Object.defineProperties(OutgoingMessage.prototype, {
  errored: property(function() { return this[kErrored]; }),
  closed: property(function() { return this._closed; }),
  writableFinished: property(function() { return this[kFinished]; }),
  writableObjectMode: property(() => false),
  writableLength: property(function() {
    return this.outputSize + this[kHeldLength] + (this[kSocket] ? this[kSocket].writableLength : 0);
  }),
  writableHighWaterMark: property(function() {
    return this[kSocket] ? this[kSocket].writableHighWaterMark : this[kHighWaterMark];
  }),
  writableCorked: property(function() { return this[kCorked]; }),
  connection: property(function() { return this[kSocket]; }, function(value) { this.socket = value; }),
  socket: property(function() { return this[kSocket]; }, function(value) {
    for (let n = 0; n < this[kCorked]; n++) {
      value?.cork();
      this[kSocket]?.uncork();
    }
    this[kSocket] = value;
  }),
  headersSent: { ...property(function() { return !!this._header; }), enumerable: true },
  writableEnded: property(function() { return this.finished; }),
  writableNeedDrain: property(function() { return !this.destroyed && !this.finished && this[kNeedDrain]; }),
});

Object.assign(OutgoingMessage.prototype, {
  // Headers

  setHeader(name, value) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('set');
    validateHeaderName(name);
    checkValue(name, value);
    (this[kHeaders] ??= new Map()).set(name.toLowerCase(), [name, value]);
    return this;
  },

  setHeaders(headers) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('set');
    if (!headers || Array.isArray(headers) || typeof headers.keys !== 'function' || typeof headers.get !== 'function') {
      throw new ERR_INVALID_ARG_TYPE('headers', ['Headers', 'Map'], headers);
    }
    const cookies = [];
    for (const [name, value] of headers) {
      // A Headers object gives each cookie by itself.
      if (name !== 'set-cookie') this.setHeader(name, value);
      else if (Array.isArray(value)) cookies.push(...value);
      else cookies.push(value);
    }
    if (cookies.length > 0) this.setHeader('set-cookie', cookies);
    return this;
  },

  appendHeader(name, value) {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('append');
    validateHeaderName(name);
    checkValue(name, value);
    const headers = this[kHeaders] ??= new Map();
    const key = name.toLowerCase();
    const known = headers.get(key);
    if (known === undefined) headers.set(key, [name, value]);
    else known[1] = (Array.isArray(known[1]) ? known[1] : [known[1]]).concat(value);
    return this;
  },

  getHeader(name) {
    validateString(name, 'name');
    return this[kHeaders]?.get(name.toLowerCase())?.[1];
  },

  getHeaderNames() {
    return this[kHeaders] === null ? [] : [...this[kHeaders].keys()];
  },

  getRawHeaderNames() {
    return this[kHeaders] === null ? [] : Array.from(this[kHeaders].values(), ([name]) => name);
  },

  getHeaders() {
    const result = { __proto__: null };
    if (this[kHeaders] !== null) for (const [key, [, value]] of this[kHeaders]) result[key] = value;
    return result;
  },

  hasHeader(name) {
    validateString(name, 'name');
    return this[kHeaders] !== null && this[kHeaders].has(name.toLowerCase());
  },

  removeHeader(name) {
    validateString(name, 'name');
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('remove');
    const key = name.toLowerCase();
    if (key === 'connection') this._removedConnection = true;
    else if (key === 'content-length') this._removedContLen = true;
    else if (key === 'transfer-encoding') this._removedTE = true;
    else if (key === 'date') this.sendDate = false;
    this[kHeaders]?.delete(key);
  },

  _renderHeaders() {
    if (this._header) throw new ERR_HTTP_HEADERS_SENT('render');
    const result = {};
    if (this[kHeaders] !== null) for (const [name, value] of this[kHeaders].values()) result[name] = value;
    return result;
  },

  _implicitHeader() {
    throw new ERR_METHOD_NOT_IMPLEMENTED('_implicitHeader()');
  },

  /** Makes the head from its first line and headers: a Map as `setHeader` fills it, an object, or an array of pairs. */
  _storeHeader(firstLine, headers) {
    const head = new Head(this, firstLine);
    head.addAll(headers);
    head.complete();
    this._header = head.text + '\r\n';
    this._headerSent = false;
    // The other side waits for this before it sends on.
    if (head.hasExpect) this._send('');
  },

  flushHeaders() {
    if (!this._header) this._implicitHeader();
    this._send('');
  },

  addTrailers(headers) {
    this._trailer = '';
    for (const each of Array.isArray(headers) ? headers.entries() : Object.entries(headers)) {
      const [name, value] = Array.isArray(headers) ? each[1] : each;
      validateHeaderName(name, 'Trailer name');
      for (const one of asList(this, name, value)) {
        if (hasInvalidChar(one)) throw new ERR_INVALID_CHAR('trailer content', name);
        this._trailer += `${name}: ${one}\r\n`;
      }
    }
  },

  // The body

  write(chunk, encoding, callback) {
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = null;
    }
    const hasRoom = write(this, chunk, encoding, callback);
    if (!hasRoom) this[kNeedDrain] = true;
    return hasRoom;
  },

  end(chunk, encoding, callback) {
    if (typeof chunk === 'function') {
      callback = chunk;
      chunk = null;
      encoding = null;
    } else if (typeof encoding === 'function') {
      callback = encoding;
      encoding = null;
    }
    return end(this, chunk, encoding, callback);
  },

  cork() {
    this[kCorked]++;
    this[kSocket]?.cork();
  },

  uncork() {
    if (this[kCorked] > 0) this[kCorked]--;
    this[kSocket]?.uncork();
    if (this[kCorked] === 0) sendHeld(this);
  },

  pipe() {
    // What is written to cannot be read from.
    this.emit('error', new ERR_STREAM_CANNOT_PIPE());
  },

  setTimeout(ms, callback) {
    if (callback) this.on('timeout', callback);
    if (this[kSocket]) this[kSocket].setTimeout(ms);
    else this.once('socket', (socket) => socket.setTimeout(ms));
    return this;
  },

  destroy(error) {
    if (this.destroyed) return this;
    this.destroyed = true;
    this[kErrored] = error;
    if (this[kSocket]) this[kSocket].destroy(error);
    else this.once('socket', (socket) => socket.destroy(error));
    return this;
  },

  /** Sends `data`, and the head first if it has not gone yet. */
  _send(data, encoding, callback, byteLength) {
    if (!this._headerSent) {
      const header = this._header;
      this._headerSent = true;
      if (typeof data === 'string' && isJoined(header, encoding)) {
        data = header + data;
        if (byteLength !== undefined && header !== null) byteLength += header.length;
      } else {
        this.outputData.unshift({ data: header, encoding: 'latin1', callback: null });
        this.outputSize += header.length;
        this._onPendingData(header.length);
      }
    }
    return this._writeRaw(data, encoding, callback, byteLength);
  },

  /** Hands `data` to the socket, or keeps it until the message has one that is its own. */
  _writeRaw(data, encoding, callback, size) {
    const socket = this[kSocket];
    if (socket?.destroyed) return false;
    if (typeof encoding === 'function') {
      callback = encoding;
      encoding = null;
    }
    if (socket && socket._httpMessage === this && socket.writable) {
      if (this.outputData.length > 0) this._flushOutput(socket);
      return socket.write(data, encoding, callback);
    }
    this.outputData.push({ data, encoding, callback });
    const length = size ?? data.length;
    this.outputSize += length;
    this._onPendingData(length);
    return this.outputSize < this[kHighWaterMark];
  },

  /** The message was given its socket: what waited goes. */
  _flush() {
    const socket = this[kSocket];
    if (!socket || !socket.writable) return;
    const hasRoom = this._flushOutput(socket);
    if (this.finished) this._finish();
    else if (hasRoom && this[kNeedDrain]) {
      this[kNeedDrain] = false;
      this.emit('drain');
    }
  },

  _flushOutput(socket) {
    while (this[kCorked] > 0) {
      this[kCorked]--;
      socket.cork();
    }
    const waiting = this.outputData;
    if (waiting.length === 0) return undefined;
    socket.cork();
    let hasRoom;
    for (const { data, encoding, callback } of waiting) hasRoom = socket.write(data, encoding, callback);
    socket.uncork();
    this.outputData = [];
    this._onPendingData(-this.outputSize);
    this.outputSize = 0;
    return hasRoom;
  },

  _finish() {
    this.emit('prefinish');
  },
});

/** Whether a head and text in `encoding` may be one string: their characters must become the same bytes. */
function isJoined(header, encoding) {
  if (encoding === 'latin1') return true;
  return (!encoding || encoding === 'utf8') && !/[\x80-\xff]/.test(header);
}

function checkValue(name, value) {
  if (!Array.isArray(value)) {
    validateHeaderValue(name, value);
    return;
  }
  for (const each of value) validateHeaderValue(name, each);
}

/** The values that get a line each: all but those that must be one line. */
function asList(message, name, value) {
  if (!Array.isArray(value)) return [value];
  const unique = message[kUniqueHeaders];
  return unique?.has(name.toLowerCase()) ? [value.join('; ')] : value;
}

OutgoingMessage.prototype[captureRejectionSymbol] = function(error) {
  this.destroy(error);
};

// The head

/** A head being made: its text, and what of it matters for how the message goes on. */
class Head {
  hasExpect = false;
  #message;
  #hasConnection = false;
  #hasDate = false;
  #hasLength = false;
  #hasTrailer = false;
  #hasTransferEncoding = false;

  constructor(message, firstLine) {
    this.#message = message;
    this.text = firstLine;
  }

  addAll(headers) {
    if (!headers) return;
    if (headers instanceof Map) {
      for (const [name, value] of headers.values()) this.#add(name, value, false);
    } else if (Array.isArray(headers)) {
      this.#addArray(headers);
    } else {
      for (const name of Object.keys(headers)) this.#add(name, headers[name], true);
    }
  }

  #addArray(headers) {
    if (headers.length > 0 && Array.isArray(headers[0])) {
      for (const [name, value] of headers) this.#add(name, value, true);
      return;
    }
    for (let i = 0; i < headers.length; i += 2) this.#add(headers[i], headers[i + 1], true);
  }

  #add(name, value, isToCheck) {
    if (isToCheck) validateHeaderName(name);
    if (!Array.isArray(value)) {
      this.#line(name, value, isToCheck);
      return;
    }
    const isOne = value.length > 1 && (isCookie(name) || this.#message[kUniqueHeaders]?.has(name.toLowerCase()));
    if (isOne) {
      this.#line(name, value.join('; '), isToCheck);
      return;
    }
    for (const each of value) this.#line(name, each, isToCheck);
  }

  #line(name, value, isToCheck) {
    if (isToCheck) validateHeaderValue(name, value);
    this.text += `${name}: ${value}\r\n`;
    if (name.length >= 4 && name.length <= 17) this.#note(name, value);
  }

  /** The headers that say how the message is framed, and what becomes of the connection. */
  #note(name, value) {
    const message = this.#message;
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'date') this.#hasDate = true;
        return;
      case 6:
        if (name.toLowerCase() === 'expect') this.hasExpect = true;
        return;
      case 7:
        if (name.toLowerCase() === 'trailer') this.#hasTrailer = true;
        return;
      case 10:
        this.#noteConnection(name.toLowerCase(), value);
        return;
      case 14:
        if (name.toLowerCase() !== 'content-length') return;
        this.#hasLength = true;
        message._contentLength = +value;
        message._removedContLen = false;
        return;
      case 17:
        if (name.toLowerCase() !== 'transfer-encoding') return;
        this.#hasTransferEncoding = true;
        message._removedTE = false;
        if (chunkExpression.test(value)) message.chunkedEncoding = true;
    }
  }

  #noteConnection(name, value) {
    const message = this.#message;
    if (name === 'keep-alive') {
      message._defaultKeepAlive = false;
      return;
    }
    if (name !== 'connection') return;
    this.#hasConnection = true;
    message._removedConnection = false;
    if (/(?:^|\W)close(?:$|\W)/i.test(value)) message._last = true;
    else message.shouldKeepAlive = true;
  }

  /** What the program did not say itself. */
  complete() {
    const message = this.#message;
    this.#checkBodiless();
    if (message.sendDate && !this.#hasDate) this.text += dateLine();
    if (!this.#hasConnection) this.#addConnection();
    if (!this.#hasLength && !this.#hasTransferEncoding) this.#addFraming();
    if (this.#hasTrailer && !message.chunkedEncoding) throw new ERR_HTTP_TRAILER_INVALID();
  }

  #checkBodiless() {
    const { statusCode } = this.#message;
    // RFC 9112, 6.1: no Transfer-Encoding with a response that has no body.
    if (this.#message.chunkedEncoding && (statusCode === 204 || statusCode === 304)) {
      this.#message.chunkedEncoding = false;
      this.#message.shouldKeepAlive = false;
    }
  }

  #addConnection() {
    const message = this.#message;
    if (message._removedConnection) {
      message._last = !message.shouldKeepAlive;
      return;
    }
    const isLengthKnown = this.#hasLength || message.useChunkedEncodingByDefault || message.agent;
    if (!message.shouldKeepAlive || !isLengthKnown) {
      message._last = true;
      this.text += 'Connection: close\r\n';
      return;
    }
    if (message.maxRequestsOnConnectionReached) {
      this.text += 'Connection: close\r\n';
      return;
    }
    this.text += 'Connection: keep-alive\r\n';
    if (!message._keepAliveTimeout || !message._defaultKeepAlive) return;
    const most = message._maxRequestsPerSocket > 0 ? `, max=${message._maxRequestsPerSocket}` : '';
    this.text += `Keep-Alive: timeout=${Math.floor(message._keepAliveTimeout / 1000)}${most}\r\n`;
  }

  #addFraming() {
    const message = this.#message;
    if (!message._hasBody) {
      message.chunkedEncoding = false;
    } else if (!message.useChunkedEncodingByDefault) {
      message._last = true;
    } else if (!this.#hasTrailer && !message._removedContLen && typeof message._contentLength === 'number') {
      this.text += `Content-Length: ${message._contentLength}\r\n`;
    } else if (!message._removedTE) {
      this.text += 'Transfer-Encoding: chunked\r\n';
      message.chunkedEncoding = true;
    }
    // With neither, the end of the connection is the end of the body.
    if (message._hasBody && message.useChunkedEncodingByDefault && message._removedTE && !message.chunkedEncoding &&
        (message._removedContLen || typeof message._contentLength !== 'number')) {
      message._last = true;
    }
  }
}

const isCookie = (name) => name.length === 6 && name.toLowerCase() === 'cookie';

let dateText = '';
let dateUntil = 0;

/** `Date: …`, made anew once a second. */
function dateLine() {
  const now = Date.now();
  if (now >= dateUntil) {
    dateText = `Date: ${new Date(now).toUTCString()}\r\n`;
    dateUntil = now - (now % 1000) + 1000;
  }
  return dateText;
}

// Writing

/** An error of a message: told in the next tick, once. */
function fail(message, error, callback) {
  if (message.destroyed) return;
  process.nextTick(callback, error);
  process.nextTick(tellError, message, error);
}

function tellError(message, error) {
  if (message._closed || message[kErrored]) return;
  message[kErrored] = error;
  if (typeof message.emit === 'function' && !message.destroyed) message.emit('error', error);
}

function lengthOf(chunk, encoding) {
  if (chunk === null) throw new ERR_STREAM_NULL_VALUES();
  if (typeof chunk === 'string') return Buffer.byteLength(chunk, encoding);
  if (isUint8Array(chunk)) return chunk.length;
  throw new ERR_INVALID_ARG_TYPE('chunk', ['string', 'Buffer', 'Uint8Array'], chunk);
}

/** `isLast`: nothing more will be written. */
function write(message, chunk, encoding, callback, isLast = false) {
  if (typeof callback !== 'function') callback = nothing;
  const length = lengthOf(chunk, encoding);
  if (message.finished || message.destroyed) {
    refuse(message, message.finished ? new ERR_STREAM_WRITE_AFTER_END() : new ERR_STREAM_DESTROYED('write'), callback);
    return false;
  }
  if (!message._header) {
    if (isLast) message._contentLength ??= length;
    message._implicitHeader();
  }
  if (!message._hasBody) {
    if (message[kRejectNonStandardBodyWrites]) throw new ERR_HTTP_BODY_NOT_ALLOWED();
    process.nextTick(callback);
    return true;
  }
  count(message, length, isLast);
  if (!isLast) corkForTick(message[kSocket]);
  if (message.chunkedEncoding && length > 0) return writeChunk(message, chunk, encoding, callback, length);
  return message._send(chunk, encoding, callback, length);
}

function refuse(message, error, callback) {
  if (message.destroyed) process.nextTick(callback, error);
  else fail(message, error, callback);
}

function count(message, length, isLast) {
  const written = message[kBytesWritten] + length;
  if (isLengthStrict(message) && (isLast ? written !== message._contentLength : written > message._contentLength)) {
    throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(written, message._contentLength);
  }
  message[kBytesWritten] = written;
}

function isLengthStrict(message) {
  return message.strictContentLength && message._contentLength !== null && !message._removedContLen &&
    !message.chunkedEncoding && message._hasBody;
}

/** What is written in one tick leaves in one system call. */
function corkForTick(socket) {
  if (!socket || socket.writableCorked) return;
  socket.cork();
  process.nextTick(uncorkSocket, socket);
}

function uncorkSocket(socket) {
  socket.uncork();
}

function writeChunk(message, chunk, encoding, callback, length) {
  if (message[kCorked] > 0) {
    (message[kHeld] ??= []).push([chunk, encoding, callback]);
    message[kHeldLength] += length;
    return message[kHeldLength] < message[kHighWaterMark];
  }
  message._send(length.toString(16), 'latin1', null);
  message._send(CRLF, null, null);
  message._send(chunk, encoding, null, length);
  return message._send(CRLF, null, callback);
}

/** What was written while corked is one chunk. */
function sendHeld(message) {
  const held = message[kHeld];
  if (held === null) return;
  const length = message[kHeldLength];
  message[kHeld] = null;
  message[kHeldLength] = 0;
  message._send(length.toString(16), 'latin1', null);
  message._send(CRLF, null, null);
  for (const [chunk, encoding] of held) message._send(chunk, encoding, null);
  message._send(CRLF, null, () => {
    for (const [, , callback] of held) callback();
  });
}

function end(message, chunk, encoding, callback) {
  const finish = (error) => tellFinish(message, error);
  let isLast = false; // whether the chunk was the last that is to be sent
  if (chunk) {
    if (message.finished) {
      fail(message, new ERR_STREAM_WRITE_AFTER_END(), typeof callback === 'function' ? callback : nothing);
      return message;
    }
    if (isUTF8(encoding) && sendWhole(message, chunk, finish)) {
      isLast = true;
    } else {
      message[kSocket]?.cork();
      write(message, chunk, encoding, null, true);
    }
  } else if (message.finished) {
    endAgain(message, callback);
    return message;
  } else if (!message._header) {
    message[kSocket]?.cork();
    message._contentLength = 0;
    message._implicitHeader();
  }
  if (typeof callback === 'function') message[kEndCallbacks] = [callback];
  checkLength(message);
  if (!isLast) sendEnd(message, finish, chunk);
  close(message);
  return message;
}

function tellFinish(message, error = null) {
  const callbacks = message[kEndCallbacks];
  if (error === null) {
    if (message[kSocket]?._hadError) return;
    message[kFinished] = true;
  }
  message[kEndCallbacks] = null;
  if (callbacks !== null) for (const callback of callbacks) callback(error);
  if (error !== null) return;
  message[kOwner]?.finished(message);
  message.emit('finish');
}

const isUTF8 = (encoding) => encoding === undefined || encoding === null || encoding === 'utf8';

/**
 * Sends a message whose body is all in one piece, if nothing of it has gone and its socket is idle: past all queues,
 * with no need of a cork. False when `write` has to, though the head may have been made.
 */
function sendWhole(message, chunk, finish) {
  const socket = message[kSocket];
  if (message._headerSent || !socket || !(socket._handle instanceof StreamHandle) || socket._httpMessage !== message ||
      message.destroyed || message[kCorked] > 0 || message.outputData.length > 0) {
    return false;
  }
  const length = lengthOf(chunk, 'utf8');
  if (!message._header) {
    message._contentLength ??= length;
    message._implicitHeader();
  }
  if (length === 0 || !message._hasBody || isLengthStrict(message) || !isJoined(message._header, 'utf8')) return false;
  if (!writeThrough(socket, wholeOf(message, chunk, length), finish)) return false;
  message._headerSent = true;
  message[kBytesWritten] += length;
  return true;
}

/** All of a message: one text, or with bytes a list. */
function wholeOf(message, chunk, length) {
  let before = message._header;
  let after = '';
  if (message.chunkedEncoding) {
    before += `${length.toString(16)}\r\n`;
    after = `\r\n${LAST_CHUNK}${message._trailer}\r\n`;
  }
  if (typeof chunk === 'string') return before + chunk + after;
  return after === '' ? [before, chunk] : [before, chunk, after];
}

function endAgain(message, callback) {
  if (typeof callback !== 'function') return;
  if (message.writableFinished) callback(new ERR_STREAM_ALREADY_FINISHED('end'));
  else (message[kEndCallbacks] ??= []).push(callback);
}

function checkLength(message) {
  const { _contentLength: length, [kBytesWritten]: written } = message;
  if (isLengthStrict(message) && written !== length) throw new ERR_HTTP_CONTENT_LENGTH_MISMATCH(written, length);
}

function sendEnd(message, finish, chunk) {
  if (message._hasBody && message.chunkedEncoding) {
    sendHeld(message);
    message._send(`${LAST_CHUNK}${message._trailer}\r\n`, 'latin1', finish);
  } else if (!message._headerSent || message.writableLength > 0 || chunk) {
    message._send('', 'latin1', finish);
  } else {
    process.nextTick(finish);
  }
}

/** Nothing more is written: what was held back goes. */
function close(message) {
  uncorkAll(message);
  message[kCorked] = 0;
  message.finished = true;
  const socket = message[kSocket];
  // All is out already, and nothing will come to say so.
  if (message.outputData.length === 0 && socket && socket._httpMessage === message) message._finish();
}

function uncorkAll(message) {
  const socket = message[kSocket];
  if (!socket?.writableCorked) return;
  // `cork` of `end`, of the message, and of the tick: all is there now.
  socket._writableState.corked = 1;
  socket.uncork();
}

module.exports = {
  OutgoingMessage, validateHeaderName, validateHeaderValue, parseUniqueHeadersOption,
  kHighWaterMark, kUniqueHeaders, kHeaders, kOwner, kSocket, kErrored, kNeedDrain, kRejectNonStandardBodyWrites,
};
