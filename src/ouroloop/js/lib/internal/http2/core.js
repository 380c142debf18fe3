'use strict';

// HTTP/2: sessions and streams.
//
// Theory of operation. A session joins a socket and one side of nghttp2 in Python (`node/http2`), known here by a
// number. What the socket brings is handed over; what comes back is a list of events, which become events of the
// session and its streams, and bytes for the socket. What a program asks for is submitted at once; the bytes that come
// of it are fetched once for each turn of the ticks (`flushSoon`), so that many small things leave in one write.
//
// What surprises people: a stream's end is not its close: that comes when both sides have ended, or one has reset it.
// And a session that is closed goes on until its last stream is closed; one that is destroyed takes them along.

const EventEmitter = require('events');
const net = require('net');
const { Duplex } = require('stream');
const {
  codes: {
    ERR_HTTP2_ALTSVC_INVALID_ORIGIN, ERR_HTTP2_ALTSVC_LENGTH, ERR_HTTP2_ERROR, ERR_HTTP2_GOAWAY_SESSION,
    ERR_HTTP2_HEADERS_AFTER_RESPOND, ERR_HTTP2_HEADERS_SENT, ERR_HTTP2_INVALID_INFO_STATUS, ERR_HTTP2_INVALID_ORIGIN,
    ERR_HTTP2_INVALID_SESSION, ERR_HTTP2_INVALID_STREAM, ERR_HTTP2_MAX_PENDING_SETTINGS_ACK, ERR_HTTP2_NESTED_PUSH,
    ERR_HTTP2_NO_SOCKET_MANIPULATION, ERR_HTTP2_ORIGIN_LENGTH, ERR_HTTP2_OUT_OF_STREAMS, ERR_HTTP2_PAYLOAD_FORBIDDEN,
    ERR_HTTP2_PING_CANCEL, ERR_HTTP2_PING_LENGTH, ERR_HTTP2_PUSH_DISABLED, ERR_HTTP2_SEND_FILE,
    ERR_HTTP2_SEND_FILE_NOSEEK, ERR_HTTP2_SESSION_ERROR, ERR_HTTP2_SOCKET_BOUND,
    ERR_HTTP2_SOCKET_UNBOUND, ERR_HTTP2_STATUS_101, ERR_HTTP2_STATUS_INVALID, ERR_HTTP2_STREAM_CANCEL,
    ERR_HTTP2_STREAM_ERROR, ERR_HTTP2_TOO_MANY_INVALID_FRAMES,
    ERR_HTTP2_TRAILERS_ALREADY_SENT, ERR_HTTP2_TRAILERS_NOT_READY, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_INVALID_CHAR, ERR_OUT_OF_RANGE,
  },
  AbortError,
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInt32, validateInteger, validateNumber,
  validateObject, validateString, validateUint32,
} = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { customInspectSymbol, promisify, warnOnce } = require('internal/util');
const timers = require('timers');
const { kOnWriteFailed } = require('internal/net/socket');
const { UV_ECONNRESET, UV_EPIPE } = require('internal/uv');
const { getTimerDuration } = require('internal/timers');
const { codeName, constants } = require('internal/http2/constants');
const headersOf = require('internal/http2/util');

const binding = internalBinding('http2');

// Python's events, in the order of `node/http2/session.py`, by how many values follow each.
const [
  HEADERS, DATA, END, CLOSE, SETTINGS, SETTINGS_ACK, PING, PING_ACK, GOAWAY, ALTSVC, ORIGIN, FRAME_ERROR, WRITTEN,
  WANT_TRAILERS, ERROR,
] = Array.from({ length: 15 }, (_, number) => number);

const VALUES = [5, 2, 1, 2, 2, 0, 1, 1, 3, 3, 1, 3, 1, 1, 2]; // of each event

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
const END_STREAM = 1;
const CATEGORY_RESPONSE = 1;
const CATEGORY_PUSH_RESPONSE = 2;
const MISDIRECTED = 421;
const MOST_PENDING_SETTINGS = 10;
const MOST_ALTSVC = 16382;
const LAST_ID = 2 ** 32 - 1; // that setNextStreamID takes; nghttp2 ignores those that no stream can have
const ERR_STREAM_ID_NOT_AVAILABLE = -509;

const kSession = Symbol('http2session');
const kHeaders = Symbol('headers');
const kCompat = Symbol('compat');
const kServer = Symbol('server');
const kOptions = Symbol('options');

const bytesOf = (data, encoding) => require('buffer').Buffer.from(data, encoding);

/** How long nothing may happen before an emitter's 'timeout'. */
class IdleTime {
  #emitter;
  #msecs = 0; // 0: for ever
  #timer;

  constructor(emitter) {
    this.#emitter = emitter;
  }

  /** Whether there is such a time from now on. */
  set(msecs, callback) {
    msecs = getTimerDuration(msecs, 'msecs');
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      if (msecs === 0) this.#emitter.removeListener('timeout', callback);
      else this.#emitter.once('timeout', callback);
    }
    this.stop();
    this.#msecs = msecs;
    return msecs > 0;
  }

  restart() {
    if (this.#msecs === 0) return;
    this.stop();
    this.#timer = timers.setTimeout(() => this.#emitter.emit('timeout'), this.#msecs).unref();
  }

  stop() {
    timers.clearTimeout(this.#timer);
  }
}

// Streams

const FIRST_PORTION = 16384; // bytes: as much as one frame has
const PORTION = 65536; // to who takes that

/** Take the first bytes out of pieces, `most` at most. */
function takePortion(pieces, most) {
  const portion = [];
  let room = most;
  while (pieces.length > 0 && room > 0) {
    const [piece] = pieces;
    if (piece.byteLength <= room) portion.push(pieces.shift());
    else {
      portion.push(piece.subarray(0, room));
      pieces[0] = piece.subarray(room);
    }
    room -= piece.byteLength;
  }
  return portion;
}

class Http2Stream extends Duplex {
  #id;
  #session;
  #isClosed = false;
  #isAborted = false;
  #rstCode = NGHTTP2_NO_ERROR;
  #write; // the callback of the write under way
  #unsent = []; // what of its content is not handed over
  #whenReady = []; // what waits for the stream to get its number
  #idle = new IdleTime(this);
  #scope; // of who began it: its events are told there

  constructor(session, options) {
    super({ ...options, emitClose: false, decodeStrings: false, allowHalfOpen: true, autoDestroy: false });
    this.#session = session;
    const { AsyncResource } = require('async_hooks');
    this.#scope = new AsyncResource('HTTP2STREAM', { requireManualDestroy: true });
    this[kHeaders] = { sent: undefined, info: [], trailers: undefined };
    this.didRead = false;
    this.wantsTrailers = false;
    this.trailersReady = false;
    this.isHeadersSent = false;
    this.endsAfterHeaders = false; // of what came, on a server
    this.isEmpty = false; // what goes
    hide(this, ['isEmpty', 'didRead', 'wantsTrailers', 'trailersReady', 'isHeadersSent', 'endsAfterHeaders']);
    this.cork();
    session.openStreams.add(this);
  }

  inScope(method, ...args) {
    return this.#scope.runInAsyncScope(this[method], this, ...args);
  }

  /** The number is known: the stream is really there. */
  begin(id) {
    this.#id = id;
    this.uncork();
    const waiting = this.#whenReady;
    this.#whenReady = [];
    for (const each of waiting) each();
    this.emit('ready');
  }

  /** Do something when the stream has a number. */
  whenReady(action) {
    if (this.#id === undefined) this.#whenReady.push(action);
    else action();
  }

  get id() {
    return this.#id;
  }

  get session() {
    return this.destroyed ? undefined : this.#session;
  }

  get pending() {
    return this.#id === undefined;
  }

  get closed() {
    return this.#isClosed;
  }

  get aborted() {
    return this.#isAborted;
  }

  get rstCode() {
    return this.#rstCode;
  }

  get bufferSize() {
    return this.writableLength;
  }

  get headersSent() {
    return this.isHeadersSent;
  }

  get endAfterHeaders() {
    return this.endsAfterHeaders;
  }

  get sentHeaders() {
    return this[kHeaders].sent;
  }

  get sentInfoHeaders() {
    return this[kHeaders].info;
  }

  get sentTrailers() {
    return this[kHeaders].trailers;
  }

  [customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const { id, closed, destroyed, state, _readableState: readableState, _writableState: writableState } = this;
    const shown = { id: id ?? '<pending>', closed, destroyed, state, readableState, writableState };
    return `Http2Stream ${require('internal/util/inspect').inspect(shown, options)}`;
  }

  get _handle() {
    return this.destroyed ? undefined : this;
  }

  get state() {
    if (this.pending || this.session === undefined) return {};
    const found = this.#session.call('stream_state', this.#id);
    if (!found) return { ...NOT_BEGUN };
    const [state, weight, sumDependencyWeight, localClose, remoteClose, localWindowSize] = found;
    return { state, weight, sumDependencyWeight, localClose, remoteClose, localWindowSize };
  }

  // Timeouts

  setTimeout(msecs, callback) {
    if (this.destroyed) return this;
    if (this.#idle.set(msecs, callback)) this.touch();
    return this;
  }

  /** Something happens: the time counts anew. */
  touch() {
    this.#idle.restart();
    this.#session?.touch();
  }

  // Reading

  _read() {
    if (this.destroyed) {
      this.push(null);
      return;
    }
    this.didRead = true;
    this.whenReady(() => this.#session?.call('set_reading', this.#id, true));
    this.#session?.flushSoon();
  }

  /** Headers came, but for a request's. */
  receiveHeaders(category, headers, flags, raw) {
    process.nextTick(() => {
      const event = eventOfHeaders(category, headers[':status']);
      if (event === 'headers' && headers[':status'] === 100) this.emit('continue');
      if (headers[':status'] === MISDIRECTED) this.session?.misdirected(this[kHeaders].sent?.[':authority']);
      this.emit(event, headers, flags, raw);
    });
    if ((flags & END_STREAM) === 0) return;
    this.push(null);
    if (this.readableFlowing === null && this.readableLength === 0) this.read(0);
  }

  /** Content came. */
  take(data) {
    this.touch();
    if (this.destroyed) return;
    if (!this.push(data)) this.#session?.call('set_reading', this.#id, false);
  }

  // Writing

  _write(chunk, encoding, callback) {
    this._writev([{ chunk, encoding }], callback);
  }

  _writev(chunks, callback) {
    if (this.pending) {
      this.#whenReady.push(() => this._writev(chunks, callback));
      return;
    }
    this.touch();
    if (this.destroyed || this.#session === undefined || this.#session.destroyed) {
      callback(new ERR_HTTP2_INVALID_STREAM());
      return;
    }
    if (!this.headersSent && !this.closed) this.proceed();
    this.#write = callback;
    this.#unsent = chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? bytesOf(chunk, encoding) : chunk));
    this.#handOver(FIRST_PORTION);
  }

  /** Hand over as much content, which is copied: a client that does not read is to cost no more than that. */
  #handOver(most) {
    const portion = takePortion(this.#unsent, most);
    if (this.#session.call('write', this.#id, portion) === false) this.written(true);
    this.#session?.flushSoon();
  }

  /** What was handed over is on its way. */
  written(isOver = false) {
    if (isOver) this.#unsent = [];
    if (this.#unsent.length > 0 && this.#session !== undefined && !this.#session.destroyed) {
      this.touch();
      this.#handOver(PORTION);
      return;
    }
    const callback = this.#write;
    this.#write = undefined;
    if (callback !== undefined) {
      this.touch();
      callback();
    }
  }

  _final(callback) {
    if (this.pending) {
      this.#whenReady.push(() => this._final(callback));
      return;
    }
    if (this.isPush && !this.headersSent) process.nextTick(() => this.#finish(callback));
    else this.#finish(callback);
  }

  #finish(callback) {
    const isReset = this.closed && this.#rstCode !== NGHTTP2_NO_ERROR; // it does not end well, nor seems to
    if (!isReset) {
      if (!this.headersSent && !this.closed && !this.destroyed) this.proceed();
      this.#session?.call('end', this.#id);
      this.#session?.flushSoon();
    }
    callback();
  }

  /** Headers of its own, if nobody has sent any. */
  proceed() {}

  // Trailers

  /** All content is sent, and trailers were asked for. */
  wantTrailers() {
    if (this.destroyed || this.closed) return;
    this.trailersReady = true;
    if (!this.emit('wantTrailers')) this.sendTrailers({});
  }

  sendTrailers(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this[kHeaders].trailers !== undefined) throw new ERR_HTTP2_TRAILERS_ALREADY_SENT();
    if (!this.trailersReady) throw new ERR_HTTP2_TRAILERS_NOT_READY();
    headersOf.assertIsObject(headers, 'headers');
    headers = headersOf.copy(headers);
    const packed = this.#session.pack(headers, headersOf.assertNoPseudoHeader);
    this[kHeaders].trailers = headers;
    const outcome = this.#session.call('send_trailers', this.#id, ...packed);
    if (outcome < 0) this.destroy(nghttp2Error(outcome));
    this.#session?.flushSoon();
    setImmediate(() => this.closeUnread?.());
  }

  priority() {
    warnOfPriority('http2Stream.priority is longer supported after priority signalling was deprecated in RFC 9113');
    if (this.destroyed) throw new ERR_HTTP2_INVALID_STREAM();
  }

  // The end

  close(code = NGHTTP2_NO_ERROR, callback = undefined) {
    validateInteger(code, 'code', 0, 2 ** 32 - 1);
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.once('close', callback);
    }
    if (this.closed) return;
    if (this.pending) this.push(null); // nothing can come
    this.closeWith(code, true);
  }

  /** Note that it is closed; tell the other side, if it does not know. */
  closeWith(code, isToBeTold, isForced = false) {
    this.#isClosed = true;
    this.#rstCode = code;
    this.setTimeout(0);
    const isUnfinished = !this.writableEnded && !this.writableFinished;
    if (isUnfinished) {
      this.#isAborted = !this.writableEnded && !this.headersEnded();
      if (!this.writableEnded) this.end();
    }
    if (!isToBeTold) return;
    const reset = () => this.whenReady(() => {
      this.#session?.call('reset_stream', this.#id, code);
      this.#session?.flushSoon();
    });
    if (isForced || this.writableFinished || code !== NGHTTP2_NO_ERROR) reset();
    else this.once('finish', reset);
  }

  headersEnded() {
    return this.isEmpty && this.isHeadersSent;
  }

  /** The other side, or both, are done with it. */
  closedBy(code) {
    if (this.destroyed) return;
    const wasWriting = !this.writableFinished;
    if (!this.closed) {
      if (wasWriting && code !== NGHTTP2_NO_ERROR && !this.writableEnded) this.#isAborted = true;
      this.closeWith(code, false);
    }
    this.written(true);
    if (!this.readableEnded && !this.readable) {
      this.destroy();
      return;
    }
    const isUnread = this.readableLength === 0 && !this.didRead;
    const endsWell = code === NGHTTP2_NO_ERROR && !this.readableEnded; // what has come may still be read
    this.push(null);
    if (endsWell) this.once('end', () => this.destroy());
    if (endsWell && isUnread) this.resume();
    else if (this.readableLength === 0 && (code === NGHTTP2_NO_ERROR || code === NGHTTP2_CANCEL)) this.read(0);
    if (!endsWell) this.destroy();
  }

  _destroy(error, callback) {
    const session = this.#session;
    const sessionCode = session?.goawayCode;
    let code = this.closed ? this.#rstCode : sessionCode ?? NGHTTP2_NO_ERROR;
    if (!this.closed && error != null) {
      code = error.code === 'ABORT_ERR' ? NGHTTP2_CANCEL : sessionCode || NGHTTP2_INTERNAL_ERROR;
    }
    const isThere = this.#id !== undefined && session !== undefined && !session.destroyed;
    if (!this.closed) this.closeWith(code, isThere, true);
    this.#isClosed = true;
    this.#idle.stop();
    this.push(null);
    session?.openStreams.delete(this);
    if (this.#id !== undefined) session?.streams.delete(this.#id);
    if (error == null && code !== NGHTTP2_NO_ERROR && code !== NGHTTP2_CANCEL) {
      error = new ERR_HTTP2_STREAM_ERROR(codeName(code));
    }
    const write = this.#write;
    this.#write = undefined;
    if (write !== undefined) process.nextTick(write, error ?? null);
    const wasAborted = this.#isAborted;
    callback(error);
    process.nextTick(() => {
      if (wasAborted) this.emit('aborted');
      this.#session = undefined;
      this.emit('close');
      this.#scope.emitDestroy();
      session?.maybeDestroy();
    });
    session?.flushSoon();
  }
}

function eventOfHeaders(category, status) {
  if (category === CATEGORY_PUSH_RESPONSE) return 'push';
  if (status >= 100 && status < 200) return 'headers';
  return category === CATEGORY_RESPONSE || status !== undefined ? 'response' : 'trailers';
}

const NOT_BEGUN = {
  state: constants.NGHTTP2_STREAM_STATE_IDLE, weight: 0, sumDependencyWeight: 0, localClose: 0, remoteClose: 0,
  localWindowSize: 0,
};

function warnOfPriority(message) {
  warnOnce('DEP0194', message, 'DeprecationWarning', 'DEP0194');
}

function hide(target, names) {
  for (const name of names) Object.defineProperty(target, name, { enumerable: false });
}

function nghttp2Error(number) {
  const error = new ERR_HTTP2_ERROR(binding.errorMessage(number));
  error.errno = number;
  return error;
}

class ServerHttp2Stream extends Http2Stream {
  constructor(session, id, options, headers) {
    super(session, options);
    this.headRequest = headers[':method'] === 'HEAD';
    this.isPush = false;
    hide(this, ['headRequest', 'isPush']);
    this.begin(id);
    this.once('finish', () => setImmediate(() => this.closeUnread()));
  }

  /** Whoever answers and never looks at the request ends it. */
  closeUnread() {
    const hasTrailersToSend = this.wantsTrailers && this[kHeaders].trailers === undefined;
    const isRead = this.readableFlowing !== null || this.readableDidRead;
    if (this.closed || this.destroyed || isRead || hasTrailersToSend) return;
    this.close();
    this.resume();
  }

  get pushAllowed() {
    return !this.destroyed && !this.closed && !this.session.closed && !this.session.destroyed &&
      !!this.session.remoteSettings.enablePush;
  }

  proceed() {
    this.respond();
  }

  pushStream(headers, options, callback) {
    if (!this.pushAllowed) throw new ERR_HTTP2_PUSH_DISABLED();
    if (this.isPush) throw new ERR_HTTP2_NESTED_PUSH();
    if (typeof options === 'function') {
      callback = options;
      options = undefined;
    }
    validateFunction(callback, 'callback');
    headersOf.assertIsObject(options, 'options');
    options = { ...options, endStream: !!options?.endStream };
    headersOf.assertIsObject(headers, 'headers');
    headers = headersOf.copy(headers);
    headers[':method'] ??= 'GET';
    headers[':authority'] ??= this.authority;
    headers[':scheme'] ??= this.session.encrypted ? 'https' : 'http';
    headers[':path'] ??= '/';
    const isHead = headers[':method'] === 'HEAD';
    const id = this.session.call('push', this.id, ...this.session.pack(headers));
    if (id < 0) {
      const error = id === ERR_STREAM_ID_NOT_AVAILABLE ? new ERR_HTTP2_OUT_OF_STREAMS() : nghttp2Error(id);
      process.nextTick(callback, error);
      return;
    }
    const { session } = this;
    session.flushSoon();
    const stream = new ServerHttp2Stream(session, id, { readable: false }, headers);
    stream.isPush = true;
    stream[kHeaders].sent = headers;
    stream.push(null);
    stream.resume();
    session.streams.set(id, stream);
    const hasNoBody = isHead || options.endStream;
    if (hasNoBody) {
      stream.headRequest = true;
      stream.isEmpty = isHead;
    }
    process.nextTick(callback, null, stream, headers, 0);
    if (hasNoBody) stream.end(); // goes on a tick later, so that the callback can respond
  }

  assertCanRespond() {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_SENT();
  }

  /** Whether a response may have no content. */
  hasNoContent(status) {
    return status === 204 || status === 205 || status === 304 || this.headRequest;
  }

  /** A response's headers as an object and as they are sent, which may be a list; the options; the status. */
  prepare(headers, options) {
    this.assertCanRespond();
    headersOf.assertIsObject(options, 'options');
    options = { ...options };
    const isList = Array.isArray(headers);
    const list = isList ? headersOf.copyList(headers) : undefined;
    if (isList) headers = headersOf.fromPairs(list);
    headersOf.assertIsObject(headers, 'headers', ['Object', 'Array']);
    headers = headersOf.copy(headers);
    if (headers[':status'] === undefined) {
      headers[':status'] = 200;
      list?.push(':status', 200);
    }
    const status = headers[':status'] | 0;
    if (!isList) headers[':status'] = status;
    if (status < 200 || status > 599) throw new ERR_HTTP2_STATUS_INVALID(status);
    if ((options.sendDate ?? true) && !headersOf.has(headers, 'date', isList)) {
      headers.date = utcDate();
      list?.push('date', headers.date);
    }
    if (headers.date === null || headers.date === false) delete headers.date;
    return [headers, list ?? headers, options, status];
  }

  respond(headers = undefined, options = undefined) {
    let wire;
    let status;
    [headers, wire, options, status] = this.prepare(headers, options);
    this.touch();
    options.endStream = !!options.endStream;
    if (options.waitForTrailers) this.wantsTrailers = true;
    if (this.hasNoContent(status)) options.endStream = true;
    const packed = this.session.pack(wire, headersOf.assertValidPseudoHeaderResponse);
    this[kHeaders].sent = headers;
    this.isHeadersSent = true;
    if (options.endStream) {
      this.isEmpty = true;
      if (!this.writableEnded) this.end();
    }
    const outcome = this.session.call('respond', this.id, ...packed, options.endStream, this.wantsTrailers);
    if (outcome < 0) {
      this.destroy(nghttp2Error(outcome));
      return;
    }
    this.session.flushSoon();
  }

  /** `prepare`, of a response whose content is a file's. */
  prepareFile(headers, options) {
    const prepared = this.prepare(headers, options);
    const [, , { waitForTrailers }, status] = prepared;
    if (this.hasNoContent(status)) throw new ERR_HTTP2_PAYLOAD_FORBIDDEN(status);
    if (waitForTrailers) this.wantsTrailers = true;
    return prepared;
  }

  respondWithFD(fd, headers = undefined, options = undefined) {
    const isHandle = fd !== null && typeof fd === 'object' && typeof fd.fd === 'number';
    this.assertCanRespond();
    options = checkFileOptions(options);
    validateFd(fd, isHandle);
    let wire;
    [headers, wire, options] = this.prepareFile(headers, options);
    const file = isHandle ? fd.fd : fd; // a FileHandle is closed by whoever opened it
    if (options.statCheck === undefined) {
      this.sendFile(file, headers, wire, options, false);
      return;
    }
    require('fs').fstat(file, (error, stats) => {
      if (this.destroyed || this.closed) return;
      if (error) {
        this.destroy(error);
        return;
      }
      this.checkAndSend(file, stats, headers, wire, options, false);
    });
  }

  respondWithFile(path, headers = undefined, options = undefined) {
    this.assertCanRespond();
    options = checkFileOptions(options);
    let wire;
    [headers, wire, options] = this.prepareFile(headers, options);
    const fs = require('fs');
    const fail = (error) => {
      if (options.onError) options.onError(error);
      else this.destroy(error);
    };
    fs.open(path, 'r', (error, fd) => {
      if (error) {
        fail(error);
        return;
      }
      fs.fstat(fd, (failure, stats) => {
        const refuse = (reason) => {
          fs.close(fd, () => {});
          fail(reason);
        };
        if (this.destroyed || this.closed) {
          fs.close(fd, () => {});
          return;
        }
        if (failure) return refuse(failure);
        const isRegular = stats.isFile();
        if (!isRegular && stats.isDirectory()) return refuse(new ERR_HTTP2_SEND_FILE());
        if (!isRegular && (options.offset !== undefined || options.length !== undefined)) {
          return refuse(new ERR_HTTP2_SEND_FILE_NOSEEK());
        }
        return this.checkAndSend(fd, stats, headers, wire, options, true);
      });
    });
  }

  checkAndSend(fd, stats, headers, wire, options, isOurs) {
    const statOptions = { offset: options.offset ?? 0, length: options.length ?? -1 };
    const isRefused = options.statCheck?.call(this, stats, headers, statOptions) === false;
    if (isRefused || this.headersSent || this.destroyed) {
      if (isOurs) require('fs').close(fd, () => {});
      return;
    }
    const { offset, length } = statOptions;
    if (stats.isFile() && isOurs) {
      const size = length < 0 ? stats.size - offset : Math.min(stats.size - offset, length);
      headers['content-length'] = size;
      if (wire !== headers) wire.push('content-length', size);
    }
    this.sendFile(fd, headers, wire, { ...options, offset, length: length < 0 ? undefined : length }, isOurs);
  }

  sendFile(fd, headers, wire, { offset, length, waitForTrailers }, isOurs) {
    let packed;
    try {
      packed = this.session.pack(wire, headersOf.assertValidPseudoHeaderResponse);
    } catch (error) {
      if (isOurs) require('fs').close(fd, () => {});
      this.destroy(error);
      return;
    }
    this.isHeadersSent = true;
    this[kHeaders].sent = headers;
    const outcome = this.session.call('respond', this.id, ...packed, false, !!waitForTrailers);
    if (outcome < 0) {
      this.destroy(nghttp2Error(outcome));
      return;
    }
    this.session.flushSoon();
    const range = { fd, autoClose: isOurs, start: offset || undefined };
    if (length !== undefined && length >= 0) range.end = (offset ?? 0) + length - 1;
    if (range.end !== undefined && range.end < (range.start ?? 0)) {
      if (isOurs) require('fs').close(fd, () => {});
      this.end();
      return;
    }
    const { ReadStream } = require('fs');
    const source = new ReadStream(null, range);
    source.on('error', () => this.close(NGHTTP2_INTERNAL_ERROR));
    this.once('close', () => {
      if (isOurs) source.destroy();
      else source.unpipe(this).pause();
    });
    source.pipe(this);
  }

  additionalHeaders(headers) {
    if (this.destroyed || this.closed) throw new ERR_HTTP2_INVALID_STREAM();
    if (this.headersSent) throw new ERR_HTTP2_HEADERS_AFTER_RESPOND();
    headersOf.assertIsObject(headers, 'headers');
    headers = { __proto__: null, ...headers };
    if (headers[':status'] !== undefined) {
      const status = headers[':status'] |= 0;
      if (status === 101) throw new ERR_HTTP2_STATUS_101();
      if (status < 100 || status >= 200) throw new ERR_HTTP2_INVALID_INFO_STATUS(headers[':status']);
    }
    this.touch();
    const packed = this.session.pack(headers, headersOf.assertValidPseudoHeaderResponse);
    this[kHeaders].info.push(headers);
    const outcome = this.session.call('inform', this.id, ...packed);
    if (outcome < 0) this.destroy(nghttp2Error(outcome));
    this.session?.flushSoon();
  }
}

function validateFd(fd, isHandle) {
  if (!isHandle && typeof fd !== 'number') throw new ERR_INVALID_ARG_TYPE('fd', ['number', 'FileHandle'], fd);
}

function checkFileOptions(options) {
  headersOf.assertIsObject(options, 'options');
  options = { ...options };
  for (const name of ['offset', 'length']) {
    if (options[name] !== undefined && typeof options[name] !== 'number') {
      throw new ERR_INVALID_ARG_VALUE(`options.${name}`, options[name]);
    }
  }
  if (options.statCheck !== undefined && typeof options.statCheck !== 'function') {
    throw new ERR_INVALID_ARG_VALUE('options.statCheck', options.statCheck);
  }
  return options;
}

class ClientHttp2Stream extends Http2Stream {
  constructor(session, options) {
    super(session, options);
    this.isHeadersSent = true;
  }
}

// Sessions

class Http2Session extends EventEmitter {
  #number;
  #socket;
  #isFlushing = false;
  #pendingSettings = [];
  #written; // streams whose writes are in what was handed to the socket last
  #whenConnected = [];
  #pings = [];
  #localSettings;
  #remoteSettings;
  #remoteCustom;
  #proxy;
  #isDeaf = false; // nothing can be written to the socket any more
  #idle = new IdleTime(this);

  constructor(type, options, socket) {
    super();
    this.type = type;
    this.closed = false;
    this.destroyed = false;
    this.streams = new Map(); // number -> stream
    this.openStreams = new Set(); // those without a number, too
    this.goawayCode = undefined;
    this.goawayReceived = undefined;
    this[kOptions] = options;
    for (const name of ['type', 'closed', 'destroyed']) {
      Object.defineProperty(this, name, { enumerable: false, writable: true });
    }
    hide(this, ['streams', 'openStreams', 'goawayCode', 'goawayReceived']);
    this.#socket = socket;
    socket[kSession] = this;
    this.#number = binding.open(type === constants.NGHTTP2_SESSION_CLIENT, engineOptions(options));
    if (socket.connecting || socket.secureConnecting) {
      socket.once(socket.encrypted || socket.secureConnecting ? 'secureConnect' : 'connect', () => this.start());
      this.isConnecting = true;
    } else {
      this.isConnecting = false;
      process.nextTick(() => this.start());
    }
    hide(this, ['isConnecting']);
    if (typeof socket.setNoDelay === 'function') socket.setNoDelay();
    socket.on('error', (error) => this.socketFailed(error));
    socket.on('close', () => this.socketClosed());
    socket[kOnWriteFailed] = (errno) => this.writeFailed(errno);
    this.submitSettings(options.settings ?? {});
    if (options.remoteCustomSettings) this.customSettings = options.remoteCustomSettings;
  }

  /** The socket is connected: begin to talk. */
  start() {
    this.isConnecting = false;
    const socket = this.#socket;
    if (this.destroyed) {
      this.emit('connect', this, socket);
      return;
    }
    socket.on('data', (data) => this.receive(data));
    socket.on('end', () => this.ended());
    socket.on('drain', () => this.flushSoon());
    this.flush();
    this.emit('connect', this, socket);
    this.flushSoon();
  }

  /** Do something once the socket is connected. */
  whenConnected(action) {
    if (!this.isConnecting) {
      action();
      return;
    }
    if (this.#whenConnected.length === 0) {
      this.once('connect', () => {
        for (const each of this.#whenConnected.splice(0)) each();
      });
    }
    this.#whenConnected.push(action);
  }

  /** Headers as they cross. */
  pack(headers, allow) {
    return headersOf.packHeaders(headers, allow, this[kOptions].strictSingleValueFields !== false);
  }

  call(name, ...args) {
    return this.#number === undefined ? undefined : binding.call(this.#number, name, args);
  }

  flushSoon() {
    if (this.#isFlushing || this.#number === undefined || this.isConnecting) return;
    this.#isFlushing = true;
    process.nextTick(() => this.flush());
  }

  flush() {
    this.#isFlushing = false;
    if (this.isConnecting) return;
    this.exchange(null);
  }

  receive(data) {
    this.touch();
    this.exchange(data);
  }

  exchange(data) {
    let outcome = this.#exchange(data);
    for (;;) {
      if (!outcome) return;
      const [events, out, isGoingOn] = outcome;
      this.#written = this.#send(out);
      if (events.length > 0) this.tell(events);
      if (this.#number === undefined) return;
      const isGoingAway = this.goawayReceived !== undefined || this.goawayCode !== undefined;
      if (!isGoingOn && !isGoingAway && events.length === 0) return;
      if (out.byteLength === 0 && events.length === 0) return;
      outcome = this.#exchange(null);
    }
  }

  /** Write to the socket; the list of streams whose writes are over when this one is. */
  #send(out) {
    if (out.byteLength === 0 || !this.#socket || this.#socket.destroyed) return undefined;
    this.touch();
    const streams = [];
    this.#socket.write(bytesOf(out), () => {
      for (const stream of streams) stream.inScope('written');
    });
    return streams;
  }

  /** While the socket has more than it can send, nothing is made for it: what waits counts against limits. */
  #exchange(data) {
    if (this.#number === undefined) return null;
    return binding.exchange(this.#number, data, this.#socket?.writableNeedDrain !== true);
  }

  /** What a listener throws keeps none of the events behind it from being told. */
  tell(events) {
    let isDone = false;
    const rest = { at: 0 };
    try {
      this.tellFrom(events, rest);
      isDone = true;
    } finally {
      if (!isDone) setImmediate(() => this.tell(events.slice(rest.at)));
    }
  }

  tellFrom(events, rest) {
    for (let at = 0; at < events.length && this.#number !== undefined;) {
      rest.at = at + 1 + VALUES[events[at]];
      const event = events[at];
      const stream = this.streams.get(events[at + 1]);
      switch (event) {
        case HEADERS:
          this.headersCame(...events.slice(at + 1, at + 6));
          at += 6;
          break;
        case DATA:
          stream?.inScope('take', bytesOf(events[at + 2]));
          at += 3;
          break;
        case END:
          if (stream !== undefined && !stream.destroyed) stream.inScope('push', null);
          at += 2;
          break;
        case CLOSE:
          this.streams.delete(events[at + 1]);
          stream?.inScope('closedBy', events[at + 2]);
          at += 3;
          break;
        case SETTINGS:
          this.settingsCame(events[at + 1], events[at + 2]);
          at += 3;
          break;
        case SETTINGS_ACK:
          this.settingsAcknowledged();
          at += 1;
          break;
        case PING:
          this.emit('ping', bytesOf(events[at + 1]));
          at += 2;
          break;
        case PING_ACK:
          this.pingAnswered(events[at + 1]);
          at += 2;
          break;
        case GOAWAY:
          this.goawayCame(...events.slice(at + 1, at + 4));
          at += 4;
          break;
        case ALTSVC:
          this.emit('altsvc', events[at + 3], events[at + 2], events[at + 1]);
          at += 4;
          break;
        case ORIGIN:
          this.originCame(events[at + 1]);
          at += 2;
          break;
        case FRAME_ERROR:
          this.frameFailed(...events.slice(at + 1, at + 4));
          at += 4;
          break;
        case WRITTEN:
          if (stream === undefined || this.#written === undefined) stream?.inScope('written');
          else this.#written.push(stream);
          at += 2;
          break;
        case WANT_TRAILERS:
          stream?.inScope('wantTrailers');
          at += 2;
          break;
        case ERROR:
          this.failed(events[at + 1], events[at + 2]);
          at += 3;
          break;
        default:
          throw new RangeError(`unknown event ${event}`);
      }
    }
  }

  headersCame(id, category, flags, text, sensitive) {
    const raw = headersOf.splitHeaders(text);
    const headers = headersOf.toHeaderObject(raw, sensitive);
    const isEnd = (flags & END_STREAM) !== 0;
    let stream = this.streams.get(id);
    if (stream === undefined) {
      if (this.closed && this.type === constants.NGHTTP2_SESSION_SERVER && this.goawayCode !== undefined) return;
      stream = this.makeStream(id, headers, isEnd);
      this.streams.set(id, stream);
      const isHeard = this.emit('stream', stream, headers, flags, raw);
      if (!isHeard) stream.close(NGHTTP2_REFUSED_STREAM);
      if (isEnd && !stream.destroyed) stream.push(null);
      return;
    }
    if (stream.destroyed) return;
    stream.touch();
    stream.inScope('receiveHeaders', category, headers, flags, raw);
  }

  makeStream(id, headers, isEnd) {
    const stream = new ServerHttp2Stream(this, id, undefined, headers);
    stream.endsAfterHeaders = isEnd;
    stream.authority = headers[':authority'] ?? headers.host;
    hide(stream, ['authority']);
    return stream;
  }

  // Settings

  submitSettings(settings, callback) {
    headersOf.validateSettings(settings);
    this.#pendingSettings.push({ settings, callback, begun: now() });
    this.call('settings', headersOf.settingsPairs(settings));
    this.flushSoon();
  }

  settings(settings, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    headersOf.assertIsObject(settings, 'settings');
    headersOf.validateSettings(settings ?? {});
    if (callback !== undefined) validateFunction(callback, 'callback');
    if (this.#pendingSettings.length >= (this[kOptions].maxOutstandingSettings ?? MOST_PENDING_SETTINGS)) {
      this.destroy(new ERR_HTTP2_MAX_PENDING_SETTINGS_ACK());
      return;
    }
    this.submitSettings({ ...settings }, callback);
  }

  /** Settings came. Of those that are not HTTP/2's own, what is asked for is kept. */
  settingsCame(values, unknown) {
    for (let i = 0; i < unknown.length; i += 2) {
      if (this.customSettings?.includes(unknown[i])) (this.#remoteCustom ??= {})[unknown[i]] = unknown[i + 1];
    }
    this.#remoteSettings = this.#asRemote(values);
    this.emit('remoteSettings', this.#remoteSettings);
  }

  #asRemote(values) {
    const settings = headersOf.settingsObject(values);
    if (this.#remoteCustom !== undefined) settings.customSettings = { ...this.#remoteCustom };
    return settings;
  }

  originCame(origins) {
    if (!this.encrypted) return;
    this.originSet?.push(...origins);
    this.emit('origin', origins);
  }

  /** The other side does not answer for an origin. */
  misdirected(authority) {
    const at = this.originSet?.indexOf(`https://${authority}`) ?? -1;
    if (at >= 0) this.origins.splice(at, 1);
  }

  settingsAcknowledged() {
    const pending = this.#pendingSettings.shift();
    this.#localSettings = undefined;
    pending?.callback?.(null, this.localSettings, now() - pending.begun);
    this.emit('localSettings', this.localSettings);
  }

  get pendingSettingsAck() {
    return this.#pendingSettings.length > 0;
  }

  get localSettings() {
    if (this.destroyed || this.isConnecting) return this.#localSettings ?? {};
    this.#localSettings ??= headersOf.settingsObject(this.call('current_settings', true));
    if (this[kOptions].settings?.customSettings) {
      this.#localSettings.customSettings = this[kOptions].settings.customSettings;
    }
    return this.#localSettings;
  }

  get remoteSettings() {
    if (this.destroyed || this.isConnecting) return this.#remoteSettings ?? {};
    return this.#remoteSettings ??= this.#asRemote(this.call('current_settings', false));
  }

  // Ping

  ping(payload, callback) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (typeof payload === 'function') {
      callback = payload;
      payload = undefined;
    }
    if (payload !== undefined) {
      if (!isArrayBufferView(payload)) {
        throw new ERR_INVALID_ARG_TYPE('payload', ['Buffer', 'TypedArray', 'DataView'], payload);
      }
      if (payload.byteLength !== 8) throw new ERR_HTTP2_PING_LENGTH();
    }
    validateFunction(callback, 'callback');
    const send = () => {
      const { AsyncResource } = require('async_hooks');
      const ping = { callback, begun: now(), scope: new AsyncResource('HTTP2PING', { requireManualDestroy: true }) };
      if (this.destroyed || this.#pings.length >= (this[kOptions].maxOutstandingPings ?? 10)) {
        process.nextTick(pingOver, ping, new ERR_HTTP2_PING_CANCEL());
        return false;
      }
      const bytes = payload === undefined ? require('crypto').randomBytes(8) :
        require('buffer').Buffer.from(payload.buffer, payload.byteOffset, 8);
      this.#pings.push(ping);
      this.call('ping', bytes);
      this.flushSoon();
      return true;
    };
    if (!this.isConnecting) return send();
    this.whenConnected(send);
    return undefined;
  }

  pingAnswered(payload) {
    const ping = this.#pings.shift();
    if (ping === undefined) {
      this.destroy(new ERR_HTTP2_ERROR('Protocol error'), constants.NGHTTP2_PROTOCOL_ERROR);
      return;
    }
    pingOver(ping, null, now() - ping.begun, bytesOf(payload));
  }

  // Going away

  goaway(code = NGHTTP2_NO_ERROR, lastStreamID = 0, opaqueData = undefined) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (opaqueData !== undefined && !isArrayBufferView(opaqueData)) {
      throw new ERR_INVALID_ARG_TYPE('opaqueData', ['Buffer', 'TypedArray', 'DataView'], opaqueData);
    }
    validateNumber(code, 'code');
    validateNumber(lastStreamID, 'lastStreamID');
    const send = () => {
      const data = opaqueData === undefined ? new Uint8Array(0) :
        new Uint8Array(opaqueData.buffer, opaqueData.byteOffset, opaqueData.byteLength);
      this.call('goaway', code, lastStreamID, data);
      this.flushSoon();
    };
    this.whenConnected(send);
  }

  goawayCame(code, last, data) {
    const opaque = data === null ? undefined : bytesOf(data);
    if (this.goawayReceived === undefined) this.goawayReceived = code;
    if (code === NGHTTP2_NO_ERROR) {
      this.close();
    } else {
      this.goawayCode = code;
      this.emit('goaway', code, last, opaque);
      this.destroy(new ERR_HTTP2_SESSION_ERROR(code), NGHTTP2_NO_ERROR);
      return;
    }
    this.emit('goaway', code, last, opaque);
  }

  frameFailed(id, type, code) {
    const stream = this.streams.get(id);
    if (stream === undefined) {
      this.emit('frameError', type, code, id);
      this.goawayCode = code;
      this.close();
      return;
    }
    stream.emit('frameError', type, code, id);
    const isNeverBegun = stream.state.state === NOT_BEGUN.state;
    if (!isNeverBegun) stream.close(code); // of the others nghttp2 tells the end
    this.close();
  }

  failed(number, name) {
    const error = name === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES' ? new ERR_HTTP2_TOO_MANY_INVALID_FRAMES() :
      nghttp2Error(number);
    this.goawayCode ??= NGHTTP2_INTERNAL_ERROR;
    this.destroy(error);
  }

  // The socket

  ended() {
    if (this.#isDeaf) this.#socket.destroy();
    else if (!this.destroyed && !this.closed) this.close();
  }

  /**
   * The other side hears nothing any more. That is no error yet: what it said before is still to be read, a request's
   * last bytes and why it is going, say.
   */
  writeFailed(errno) {
    const isGone = (errno === UV_EPIPE || errno === UV_ECONNRESET) && !this.destroyed;
    this.#isDeaf ||= isGone;
    return isGone;
  }

  socketFailed(error) {
    if (this.destroyed) return;
    if (error.code === 'ECONNRESET' && this.goawayReceived !== undefined) {
      this.destroy();
      return;
    }
    this.goawayCode ??= NGHTTP2_INTERNAL_ERROR;
    this.destroy(error);
  }

  socketClosed() {
    if (this.destroyed) return;
    for (const stream of [...this.openStreams]) {
      if (stream.closed) continue; // what has come of it may still be read
      stream.closeWith(NGHTTP2_CANCEL, false);
      stream.destroy();
    }
    this.closed = true;
    this.finish(undefined);
  }

  get socket() {
    return this.#socket && (this.#proxy ??= makeProxy(this, this.#socket));
  }

  get encrypted() {
    return this.isConnecting ? undefined : !!this.#socket?.encrypted;
  }

  get alpnProtocol() {
    if (this.isConnecting) return undefined;
    return this.encrypted ? this.#socket.alpnProtocol : 'h2c';
  }

  get connecting() {
    return this.isConnecting;
  }

  get originSet() {
    if (!this.encrypted || this.destroyed) return undefined;
    if (this.origins === undefined) {
      const { servername, remoteAddress, remotePort } = this.#socket;
      let host = servername;
      if (host == null || host === false) host = net.isIPv6(remoteAddress) ? `[${remoteAddress}]` : remoteAddress;
      const port = remotePort === undefined || remotePort === 443 ? '' : `:${remotePort}`;
      this.origins = [`https://${host}${port}`];
      hide(this, ['origins']);
    }
    return this.origins;
  }

  get state() {
    const found = this.call('state');
    if (!found) return {};
    const names = [
      'effectiveLocalWindowSize', 'effectiveRecvDataLength', 'nextStreamID', 'localWindowSize', 'lastProcStreamID',
      'remoteWindowSize', 'outboundQueueSize', 'deflateDynamicTableSize', 'inflateDynamicTableSize',
    ];
    return Object.fromEntries(names.map((name, i) => [name, found[i]]));
  }

  setNextStreamID(id) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateNumber(id, 'id');
    if (id <= 0 || id > LAST_ID) throw new ERR_OUT_OF_RANGE('id', `> 0 and <= ${LAST_ID}`, id);
    this.call('set_next_stream_id', id);
  }

  setLocalWindowSize(size) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    validateInt32(size, 'windowSize', 0);
    const outcome = this.call('set_local_window_size', size);
    if (outcome < 0) this.destroy(nghttp2Error(outcome));
    this.flushSoon();
  }

  setTimeout(msecs, callback) {
    if (this.destroyed) return this;
    if (this.#idle.set(msecs, callback)) this.touch();
    return this;
  }

  touch() {
    if (!this.destroyed) this.#idle.restart();
  }

  ref() {
    this.#socket?.ref?.();
  }

  unref() {
    this.#socket?.unref?.();
  }

  // The end

  close(callback) {
    if (this.closed || this.destroyed) return;
    this.closed = true;
    if (typeof callback === 'function') this.once('close', callback);
    if (this.goawayReceived === undefined) this.goaway();
    this.maybeDestroy();
  }

  /** A session that is closed ends with its last stream. */
  maybeDestroy() {
    if (!this.closed || this.destroyed || this.openStreams.size > 0) return;
    this.flush();
    if (!this.destroyed) this.destroy();
  }

  destroy(error = NGHTTP2_NO_ERROR, code = undefined) {
    if (this.destroyed) return;
    if (typeof error === 'number') {
      code = error;
      error = code !== NGHTTP2_NO_ERROR ? new ERR_HTTP2_SESSION_ERROR(code) : undefined;
    }
    if (code === undefined && error != null) code = NGHTTP2_INTERNAL_ERROR;
    code ??= NGHTTP2_NO_ERROR;
    this.goawayCode ??= code;
    this.destroyed = true;
    this.#idle.stop();
    for (const ping of this.#pings.splice(0)) pingOver(ping, new ERR_HTTP2_PING_CANCEL());
    for (const stream of [...this.openStreams]) {
      const isPending = stream.pending;
      stream.destroy(error !== undefined && isPending ? new ERR_HTTP2_STREAM_CANCEL(error) :
        isPending ? new ERR_HTTP2_STREAM_CANCEL() : error);
    }
    const socket = this.#socket;
    if (!this.isConnecting && socket && !socket.destroyed) {
      this.call('terminate', code);
      const outcome = binding.exchange(this.#number, null, true);
      if (outcome && outcome[1].byteLength > 0) socket.write(bytesOf(outcome[1]));
    }
    this.finish(error);
  }

  finish(error) {
    this.destroyed = true;
    const socket = this.#socket;
    const number = this.#number;
    this.#number = undefined;
    if (number !== undefined) binding.close(number);
    this.#socket = undefined;
    if (socket) socket[kSession] = undefined;
    const tell = () => {
      if (error) this.emit('error', error);
      this.emit('close');
    };
    if (!socket || socket.destroyed) {
      process.nextTick(tell);
      return;
    }
    socket.once('close', () => process.nextTick(tell));
    if (this.isConnecting) {
      this.whenConnected(() => setImmediate(() => socket.destroy()));
      return;
    }
    if (error) {
      setImmediate(() => socket.destroy(error));
      return;
    }
    socket.end(() => setImmediate(() => socket.destroy()));
    socket.resume();
  }

  [EventEmitter.captureRejectionSymbol](error, event, stream) {
    if (event === 'stream') stream.destroy(error);
    else this.destroy(error);
  }

  [customInspectSymbol](depth, options) {
    if (typeof depth === 'number' && depth < 0) return this;
    const shown = { type: this.type, closed: this.closed, destroyed: this.destroyed };
    if (!this.destroyed) {
      Object.assign(shown, {
        state: this.state, localSettings: this.localSettings, remoteSettings: this.remoteSettings,
      });
    }
    return `Http2Session ${require('internal/util/inspect').inspect(shown, options)}`;
  }
}

function pingOver({ callback, scope }, ...told) {
  scope.runInAsyncScope(callback, undefined, ...told);
  scope.emitDestroy();
}

const now = () => performance.now();
const utcDate = () => new Date().toUTCString();
const http1 = () => require('_http_server');

/** What Python's session may be told. */
function engineOptions(options) {
  const limit = options.streamResetBurst !== undefined || options.streamResetRate !== undefined ?
    [options.streamResetBurst ?? 1000, options.streamResetRate ?? 33] : undefined;
  return {
    max_header_pairs: uint32(options.maxHeaderListPairs),
    max_invalid_frames: uint32(options.maxSessionInvalidFrames),
    max_rejected_streams: uint32(options.maxSessionRejectedStreams),
    max_memory: options.maxSessionMemory === undefined ? undefined : uint32(options.maxSessionMemory) * 1e6,
    padding: options.paddingStrategy,
    peer_max_concurrent_streams: uint32(options.peerMaxConcurrentStreams),
    max_deflate_dynamic_table_size: uint32(options.maxDeflateDynamicTableSize),
    max_reserved_remote_streams: uint32(options.maxReservedRemoteStreams),
    max_send_header_block_length: uint32(options.maxSendHeaderBlockLength),
    max_settings: uint32(options.maxSettings),
    stream_reset_rate_limit: limit,
    strict_whitespace: options.strictFieldWhitespaceValidation,
  };
}

/** Node hands these options over in 32 bits: of Number.MAX_SAFE_INTEGER, which gRPC sets, it keeps 2 ** 32 - 1. */
function uint32(value) {
  return value === undefined ? undefined : value >>> 0;
}

function assertBound(socket) {
  if (socket[kSession] === undefined) throw new ERR_HTTP2_SOCKET_UNBOUND();
}

/** The socket as a program sees it: what would disturb the session is refused. */
function makeProxy(session, socket) {
  const refused = ['emit', 'end', 'pause', 'read', 'resume', 'write', 'setEncoding', 'setKeepAlive', 'setNoDelay'];
  return new Proxy(socket, {
    get(target, name) {
      if (name === 'setTimeout' || name === 'ref' || name === 'unref') return session[name].bind(session);
      if (name === 'destroy') return session.destroy.bind(session);
      if (refused.includes(name)) throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      assertBound(target);
      const value = target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
    set(target, name, value) {
      assertBound(target);
      if (name === 'setTimeout' || name === 'ref' || name === 'unref') session[name] = value;
      else if (name === 'destroy' || refused.includes(name)) throw new ERR_HTTP2_NO_SOCKET_MANIPULATION();
      else target[name] = value;
      return true;
    },
    getPrototypeOf(target) {
      assertBound(target);
      return Reflect.getPrototypeOf(target);
    },
  });
}

class ServerHttp2Session extends Http2Session {
  constructor(options, socket, server) {
    super(constants.NGHTTP2_SESSION_SERVER, options, socket);
    this[kServer] = server;
  }

  get server() {
    return this[kServer];
  }

  altsvc(alt, originOrStream) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    let stream = 0;
    let origin;
    if (typeof originOrStream === 'string') {
      origin = new URL(originOrStream).origin;
      if (origin === 'null') throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
    } else if (typeof originOrStream === 'number') {
      if (originOrStream >>> 0 !== originOrStream || originOrStream === 0) {
        throw new ERR_OUT_OF_RANGE('originOrStream', `> 0 && < ${2 ** 32}`, originOrStream);
      }
      stream = originOrStream;
    } else if (originOrStream !== undefined) {
      if (originOrStream !== null && typeof originOrStream === 'object') origin = originOrStream.origin;
      if (typeof origin !== 'string') {
        throw new ERR_INVALID_ARG_TYPE('originOrStream', ['string', 'number', 'URL', 'object'], originOrStream);
      }
      if (origin === 'null' || origin.length === 0) throw new ERR_HTTP2_ALTSVC_INVALID_ORIGIN();
    }
    validateString(alt, 'alt');
    // eslint-disable-next-line no-control-regex -- a tab is allowed
    if (!/^[\x09\x20-\x5b\x5d-\x7e\x80-\xff]*$/.test(alt)) throw new ERR_INVALID_CHAR('alt');
    if (alt.length + (origin?.length ?? 0) > MOST_ALTSVC) throw new ERR_HTTP2_ALTSVC_LENGTH();
    this.call('altsvc', stream, bytesOf(origin ?? '', 'latin1'), bytesOf(alt, 'latin1'));
    this.flushSoon();
  }

  origin(...origins) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (origins.length === 0) return;
    const list = [];
    let length = 0;
    for (const each of origins) {
      let origin;
      if (typeof each === 'string') origin = new URL(each).origin;
      else if (each != null && typeof each === 'object') origin = each.origin;
      if (typeof origin !== 'string') throw new ERR_INVALID_ARG_TYPE('origin', ['string', 'URL', 'object'], each);
      if (origin === 'null' || origin.length === 0) throw new ERR_HTTP2_INVALID_ORIGIN();
      list.push(bytesOf(origin, 'latin1'));
      length += origin.length;
    }
    if (length > MOST_ALTSVC) throw new ERR_HTTP2_ORIGIN_LENGTH();
    this.call('origin', list);
    this.flushSoon();
  }
}

class ClientHttp2Session extends Http2Session {
  constructor(options, socket) {
    super(constants.NGHTTP2_SESSION_CLIENT, options, socket);
    this.authority = undefined;
    this.protocol = undefined;
    hide(this, ['authority', 'protocol']);
  }

  makeStream(id) {
    const stream = new ClientHttp2Stream(this, { readable: true, writable: false });
    stream.begin(id);
    stream.end();
    return stream;
  }

  request(headersParam = undefined, options = undefined) {
    if (this.destroyed) throw new ERR_HTTP2_INVALID_SESSION();
    if (this.closed) throw new ERR_HTTP2_GOAWAY_SESSION();
    this.touch();
    let headers;
    let list;
    if (Array.isArray(headersParam)) {
      if (headersParam.length % 2 !== 0) throw new ERR_INVALID_ARG_VALUE('headers', headersParam);
      list = headersOf.copyList(headersParam);
      headers = headersOf.fromPairs(list);
    } else {
      headersOf.assertIsObject(headersParam, 'headers', ['Object', 'Array']);
      headers = headersOf.copy(headersParam);
    }
    headersOf.assertIsObject(options, 'options');
    options = { ...options };
    this.addPseudoHeaders(headers, list);
    if (options.weight !== undefined) warnOfPriority('Priority signaling has been deprecated as of RFC 9113.');
    if (options.parent !== undefined) validateNumber(options.parent, 'options.parent');
    for (const name of ['exclusive', 'silent', 'endStream', 'waitForTrailers']) {
      if (options[name] !== undefined) validateBoolean(options[name], `options.${name}`);
    }
    if (options.signal !== undefined) validateAbortSignal(options.signal, 'options.signal');
    options.endStream ??= ['GET', 'HEAD', 'DELETE'].includes(headers[':method']);
    const packed = this.pack(list ?? headers);
    const stream = new ClientHttp2Stream(this, {});
    stream[kHeaders].sent = headers;
    if (options.endStream) {
      stream.isEmpty = true;
      stream.end();
    }
    if (options.waitForTrailers) stream.wantsTrailers = true;
    const begin = () => this.beginRequest(stream, packed, options);
    this.watchSignal(stream, options.signal);
    if (stream.destroyed) return stream;
    this.whenConnected(begin);
    return stream;
  }

  /** What a request has to have. */
  addPseudoHeaders(headers, list) {
    const add = (name, value) => {
      if (headers[name] !== undefined) return;
      headers[name] = value;
      list?.push(name, value);
    };
    add(':method', 'GET');
    if (headers[':method'] === 'CONNECT' && headers[':protocol'] === undefined) {
      headersOf.checkConnect(headers);
      return;
    }
    if (headers.host === undefined) add(':authority', this.authority);
    add(':scheme', this.protocol.slice(0, -1));
    add(':path', '/');
  }

  watchSignal(stream, signal) {
    if (signal === undefined) return;
    const abort = () => stream.destroy(new AbortError(undefined, { cause: signal.reason }));
    if (signal.aborted) {
      abort();
      return;
    }
    const { addAbortListener } = require('events');
    const disposable = addAbortListener(signal, abort);
    stream.once('close', () => disposable[Symbol.dispose]());
  }

  beginRequest(stream, packed, options) {
    if (stream.destroyed) return;
    if (this.destroyed) {
      stream.destroy(new ERR_HTTP2_STREAM_CANCEL());
      return;
    }
    if (this.closed) {
      stream.destroy(new ERR_HTTP2_GOAWAY_SESSION());
      return;
    }
    const id = this.call('request', ...packed, !!options.endStream, stream.wantsTrailers);
    if (id < 0) {
      const error = id === ERR_STREAM_ID_NOT_AVAILABLE ? new ERR_HTTP2_OUT_OF_STREAMS() : nghttp2Error(id);
      stream.destroy(error);
      return;
    }
    this.streams.set(id, stream);
    stream.begin(id);
    this.flushSoon();
  }
}

// Servers

/** A connection of a server's, once it is secure if it has to be. */
function sessionOnConnection(server, options, socket) {
  socket.on('error', () => {});
  if (options.allowHTTP1 === true && (socket.alpnProtocol === false || socket.alpnProtocol === 'http/1.1')) {
    const { _connectionListener } = require('_http_server');
    return Reflect.apply(_connectionListener, server, [socket]);
  }
  if (socket.encrypted && socket.alpnProtocol !== 'h2') {
    refuseProtocol(server, options, socket);
    return undefined;
  }
  const session = new ServerHttp2Session(options, socket, server);
  server.sessions.add(session);
  session.on('stream', (...args) => {
    if (!server.emit('stream', ...args) && session.listenerCount('stream') === 1) args[0].close(NGHTTP2_REFUSED_STREAM);
  });
  session.on('error', (error) => server.emit('sessionError', error, session));
  session.on('close', () => server.sessions.delete(session));
  if (server.timeout) {
    session.setTimeout(server.timeout);
    session.on('timeout', () => {
      if (!server.emit('timeout', session)) session.destroy();
    });
  }
  if (Array.isArray(options.origins) && session.encrypted) session.origin(...options.origins);
  server.emit('session', session);
  return session;
}

/** A client that did not choose HTTP/2. */
function refuseProtocol(server, options, socket) {
  const timeout = options.unknownProtocolTimeout ?? 10000;
  const timer = timers.setTimeout(() => socket.destroy(), timeout).unref();
  socket.once('close', () => timers.clearTimeout(timer));
  if (server.emit('unknownProtocol', socket)) return;
  socket.end('HTTP/1.0 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n' +
    'Missing ALPN Protocol, expected `h2` to be available.\n' +
    'If this is a HTTP request: The server was not configured with the `allowHTTP1` option or a listener for the ' +
    '`unknownProtocol` event.\n');
}

function checkServerOptions(options) {
  if (options !== undefined) validateObject(options, 'options');
  options = { ...options };
  if (options.settings !== undefined) {
    validateObject(options.settings, 'options.settings');
    headersOf.validateSettings(options.settings);
  }
  if (options.maxSessionInvalidFrames !== undefined) {
    validateUint32(options.maxSessionInvalidFrames, 'maxSessionInvalidFrames');
  }
  if (options.maxSessionRejectedStreams !== undefined) {
    validateUint32(options.maxSessionRejectedStreams, 'maxSessionRejectedStreams');
  }
  if (options.unknownProtocolTimeout !== undefined) {
    validateUint32(options.unknownProtocolTimeout, 'unknownProtocolTimeout');
  } else {
    options.unknownProtocolTimeout = 10000;
  }
  const { Http2ServerRequest, Http2ServerResponse } = require('internal/http2/compat');
  const http = require('http');
  options.settings ??= {};
  options.Http1IncomingMessage ??= http.IncomingMessage;
  options.Http1ServerResponse ??= http.ServerResponse;
  options.Http2ServerRequest ??= Http2ServerRequest;
  options.Http2ServerResponse ??= Http2ServerResponse;
  return options;
}

/** What both kinds of servers have. */
function setUp(server, options, listener) {
  server[kOptions] = options;
  server.sessions = new Set();
  hide(server, ['sessions']);
  server.timeout = 0;
  server.on('newListener', (event) => {
    if (event !== 'request' || server[kCompat]) return;
    server[kCompat] = true;
    const { onServerStream } = require('internal/http2/compat');
    server.on('stream', (stream, headers, flags, raw) =>
      onServerStream(server, options.Http2ServerRequest, options.Http2ServerResponse, stream, headers, flags, raw));
  });
  if (typeof listener === 'function') server.on('request', listener);
}

/** What both kinds of servers can do. */
const withSessions = (Server) => class extends Server {
  setTimeout(msecs, callback) {
    this.timeout = msecs;
    if (callback !== undefined) {
      validateFunction(callback, 'callback');
      this.on('timeout', callback);
    }
    return this;
  }

  updateSettings(settings) {
    headersOf.assertIsObject(settings, 'settings');
    headersOf.validateSettings(settings);
    this[kOptions].settings = { ...this[kOptions].settings, ...settings };
  }

  close(callback) {
    super.close(callback);
    closeSessions(this);
    return this;
  }

  [EventEmitter.captureRejectionSymbol](error, event, ...args) {
    if (!rejected(error, event, args)) super[EventEmitter.captureRejectionSymbol](error, event, ...args);
  }
};

class Http2Server extends withSessions(net.Server) {
  constructor(options, listener) {
    options = checkServerOptions(options);
    super(options, (socket) => sessionOnConnection(this, options, socket));
    setUp(this, options, listener);
  }

  async [Symbol.asyncDispose]() {
    return require('util').promisify(net.Server.prototype.close).call(this);
  }
}

/** A listener's promise was rejected: whoever waits for an answer gets one, if it can still be given. */
function rejected(error, event, [stream, response]) {
  if (event === 'stream') {
    if (stream.headersSent) {
      stream.destroy(error);
    } else {
      stream.respond({ ':status': 500 });
      stream.end();
    }
    return true;
  }
  if (event !== 'request') return false;
  if (response.headersSent) {
    response.destroy(error);
    return true;
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  response.statusCode = 500;
  response.end();
  return true;
}

function closeSessions(server) {
  for (const session of server.sessions) session.close();
}

let SecureServer;

/** Made when it is first wanted: TLS takes a while to load. */
function secureServer() {
  if (SecureServer !== undefined) return SecureServer;
  const tls = require('tls');
  class Http2SecureServer extends withSessions(tls.Server) {
    constructor(options, listener) {
      options = checkServerOptions(options);
      if (!options.ALPNCallback) {
        options.ALPNProtocols = options.allowHTTP1 === true ? ['h2', 'http/1.1'] : ['h2'];
      }
      super(options, (socket) => sessionOnConnection(this, options, socket));
      if (options.allowHTTP1 === true) {
        Reflect.apply(http1().storeHTTPOptions, this, [{
          ...options, IncomingMessage: options.Http1IncomingMessage, ServerResponse: options.Http1ServerResponse,
          ...options.http1Options,
        }]);
        http1().setUpServer(this, options);
      }
      setUp(this, options, listener);
      this.on('tlsClientError', (error, socket) => {
        if (!this.emit('clientError', error, socket)) socket.destroy(error);
      });
    }

    close(callback) {
      if (this[kOptions].allowHTTP1 === true) http1().httpServerPreClose(this);
      return super.close(callback);
    }

    closeAllConnections() {
      if (this[kOptions].allowHTTP1 === true) {
        Reflect.apply(http1().Server.prototype.closeAllConnections, this, []);
      }
      closeSessions(this);
    }

    closeIdleConnections() {
      if (this[kOptions].allowHTTP1 !== true) return;
      Reflect.apply(http1().Server.prototype.closeIdleConnections, this, []);
    }
  }
  return SecureServer = Http2SecureServer;
}

function createServer(options, handler) {
  if (typeof options === 'function') {
    handler = options;
    options = {};
  }
  return new Http2Server(options, handler);
}

function createSecureServer(options, handler) {
  return new (secureServer())(options, handler);
}

function performServerHandshake(socket, options = {}) {
  if (socket[kSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
  return new ServerHttp2Session(checkServerOptions(options), socket, undefined);
}

// Clients

function connect(authority, options, listener) {
  if (typeof options === 'function') {
    listener = options;
    options = undefined;
  }
  headersOf.assertIsObject(options, 'options');
  options = { ...options };
  if (options.settings !== undefined) headersOf.validateSettings(options.settings);
  headersOf.assertIsArray(options.remoteCustomSettings, 'options.remoteCustomSettings');
  if (typeof authority === 'string') authority = new URL(authority);
  headersOf.assertIsObject(authority, 'authority', ['string', 'Object', 'URL']);
  const protocol = authority.protocol || options.protocol || 'https:';
  const isPortGiven = authority.port !== '' && authority.port !== undefined;
  const port = `${isPortGiven ? authority.port : protocol === 'http:' ? 80 : 443}`;
  let host = 'localhost';
  if (authority.hostname) {
    host = authority.hostname;
    if (host[0] === '[') host = host.slice(1, -1);
  } else if (authority.host) {
    host = authority.host;
  }
  let socket;
  if (typeof options.createConnection === 'function') {
    socket = options.createConnection(authority, options);
  } else if (protocol === 'http:') {
    socket = net.connect({ port, host, ...options });
  } else if (protocol === 'https:') {
    const tls = require('tls');
    const name = net.isIP(host) ? undefined : { servername: host };
    socket = tls.connect({ ALPNProtocols: ['h2'], ...name, ...options, port, host });
  } else {
    const { codes: { ERR_HTTP2_UNSUPPORTED_PROTOCOL } } = require('internal/errors');
    throw new ERR_HTTP2_UNSUPPORTED_PROTOCOL(protocol);
  }
  if (socket[kSession] !== undefined) throw new ERR_HTTP2_SOCKET_BOUND();
  const session = new ClientHttp2Session(options, socket);
  session.authority = options.servername && !net.isIP(options.servername) ?
    withPort(options.servername, authority.port) : `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  session.protocol = protocol;
  if (typeof listener === 'function') session.once('connect', listener);
  return session;
}

const withPort = (name, port) => (port ? `${name}:${port}` : name);

Object.defineProperty(connect, promisify.custom, {
  __proto__: null,
  value: { connect: (authority, options) => new Promise((resolve, reject) => {
    const session = connect(authority, options, () => {
      session.removeListener('error', reject);
      resolve(session);
    });
    session.once('error', reject);
  }) }.connect,
});

module.exports = {
  connect, constants, createServer, createSecureServer, getDefaultSettings: headersOf.getDefaultSettings,
  getPackedSettings: headersOf.getPackedSettings, getUnpackedSettings: headersOf.getUnpackedSettings,
  performServerHandshake, sensitiveHeaders: headersOf.sensitiveHeaders, Http2Session, Http2Stream, kHeaders,
};
