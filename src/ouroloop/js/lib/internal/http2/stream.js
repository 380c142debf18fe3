'use strict';

// HTTP/2: streams, each a request and its response.
//
// Theory of operation. A stream is a Duplex whose bytes and headers its session (`internal/http2/session`) carries.
// What arrives for it the session hands over; what it sends it submits to Python by its id (`node/http2`), and the
// session fetches the bytes that come of it.
//
// What surprises people: a stream's end is not its close: that comes when both sides have ended, or one has reset it.

const { Duplex } = require('stream');
const {
  codes: {
    ERR_HTTP2_ERROR, ERR_HTTP2_HEADERS_AFTER_RESPOND, ERR_HTTP2_HEADERS_SENT, ERR_HTTP2_INVALID_INFO_STATUS,
    ERR_HTTP2_INVALID_STREAM, ERR_HTTP2_NESTED_PUSH, ERR_HTTP2_OUT_OF_STREAMS, ERR_HTTP2_PAYLOAD_FORBIDDEN,
    ERR_HTTP2_PUSH_DISABLED, ERR_HTTP2_SEND_FILE, ERR_HTTP2_SEND_FILE_NOSEEK, ERR_HTTP2_STATUS_101,
    ERR_HTTP2_STATUS_INVALID, ERR_HTTP2_STREAM_ERROR, ERR_HTTP2_TRAILERS_ALREADY_SENT, ERR_HTTP2_TRAILERS_NOT_READY,
    ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
  },
} = require('internal/errors');
const { validateFunction, validateInteger } = require('internal/validators');
const { customInspectSymbol, warnOnce } = require('internal/util');
const timers = require('timers');
const { getTimerDuration } = require('internal/timers');
const { codeName, constants } = require('internal/http2/constants');
const headersOf = require('internal/http2/util');

const binding = internalBinding('http2');

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR } = constants;
const END_STREAM = 1;
const CATEGORY_RESPONSE = 1;
const CATEGORY_PUSH_RESPONSE = 2;
const MISDIRECTED = 421;
const ERR_STREAM_ID_NOT_AVAILABLE = -509;

const kHeaders = Symbol('headers');

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

const utcDate = () => new Date().toUTCString();

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

module.exports = {
  ClientHttp2Stream, ServerHttp2Stream, IdleTime, NOT_BEGUN, END_STREAM, ERR_STREAM_ID_NOT_AVAILABLE, bytesOf, hide,
  kHeaders, nghttp2Error, warnOfPriority,
};
