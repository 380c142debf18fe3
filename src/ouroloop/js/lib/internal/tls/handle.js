'use strict';

// TLSHandle: a handle whose bytes are encrypted on another one. To `net.Socket` it is what a TCP handle is.
//
// Theory of operation. The protocol is in Python (bindings/tls_wrap.py) and does no I/O: what the handle below reads is
// fed to it, what it has to say is written below. What it learns becomes calls of the handle's `on…` functions. A
// server that has something to decide about a client is asked at its first message (`onhello`) and answers `proceed`.
//
// What surprises people: before the handshake is over nothing of the program's is written, so writes wait and are
// asynchronous; and reading goes on below although nobody reads yet. The counts of bytes are of what the program sees.

const { Buffer } = require('buffer');
const { UV_ECANCELED, UV_EPROTO } = require('internal/uv');
const { codes: { ERR_TLS_INVALID_STATE } } = require('internal/errors');
const { END, READ_SIZE, StreamHandle } = require('internal/stream_handle');
const { afterCallback } = require('internal/process/task_queues');

const binding = internalBinding('tls_wrap');

const lengthOf = (data) => {
  if (typeof data === 'string') return Buffer.byteLength(data);
  return Array.isArray(data) ? data.reduce((sum, each) => sum + lengthOf(each), 0) : data.byteLength;
};

const LARGE = 65536; // bytes, from which on it pays to copy nothing

const PORTION = 2 ** 18; // bytes

/** Lists of chunks, of `PORTION` bytes at most where chunks of bytes are larger than that. */
function portionsOf(chunks) {
  if (!chunks.some((each) => each.byteLength > PORTION)) return [chunks];
  const portions = [];
  let last = [];
  for (const each of chunks) {
    last.push(each.byteLength > PORTION ? each.subarray(0, PORTION) : each);
    for (let at = PORTION; at < each.byteLength; at += PORTION) {
      portions.push(last);
      last = [each.subarray(at, at + PORTION)];
    }
  }
  portions.push(last);
  return portions;
}

/** Text or bytes as Python gets them: much of these by its address and length. */
function handed(data) {
  if (typeof data === 'string' || data.byteLength < LARGE) return data;
  return [internalBinding('memory').address(data.buffer) + data.byteOffset, data.byteLength];
}

/** What OpenSSL refused, as an error. */
function opensslError([message, code, library, reason, stack]) {
  // eslint-disable-next-line no-restricted-syntax
  const error = new Error(message);
  if (library !== '') Object.assign(error, { library, reason });
  if (stack.length > 0) error.opensslErrorStack = stack;
  error.code = code;
  return error;
}

const nothing = () => {};

class TLSHandle {
  owner = undefined;
  _parentWrap = undefined; // the socket that it took over
  reading = false;
  bytesRead = 0;
  bytesWritten = 0;
  writeQueueSize = 0; // bytes
  onread = nothing;
  onerror = nothing;
  onhandshakedone = nothing;
  onhello = nothing;
  onsession = nothing;
  onnewsession = nothing;
  onkeylog = nothing;
  onstatus = nothing;

  #below;
  #number;
  #isServer;
  #isSecure = false;
  #isEstablished = false; // and all of the handshake is sent
  #hasEnded = false;
  #isClosed = false;
  #hasStarted = false;
  #waiting = []; // what is to be written after the handshake
  #arrived = []; // what was decrypted and nobody has taken: bytes, END or an errno
  #isReading = false;
  #size = READ_SIZE;
  #session; // the last that a server gave
  #isInCallback = false; // of the loop's
  #held = null; // steps that wait until the program has kept a session

  /** `below` is a handle; `closeBelow(callback)` closes what it belongs to. */
  constructor(below, closeBelow, context, isServer, options) {
    this.#below = below;
    this.closeBelow = closeBelow;
    this.#isServer = isServer;
    this.#number = binding.open(context.number, isServer, options);
    // As long as a connection lives, so does its context.
    this.context = context;
    below.onread = below instanceof StreamHandle ? (value) => this.#fedByLoop(value) : (value) => this.#fed(value);
  }

  /** Begin the handshake; what was `received` before goes first. */
  start(received = []) {
    if (this.#hasStarted || this.#isClosed) return;
    this.#hasStarted = true;
    if (!this.#isServer) this.#take(binding.start(this.#number));
    for (const each of received) this.#fed(each);
    if (!this.#isClosed) this.#readBelow();
  }

  #readBelow() {
    this.#below.reading = true;
    return this.#below.readStart();
  }

  #fedByLoop(value) {
    this.#isInCallback = true;
    try {
      this.#fed(value);
    } finally {
      this.#isInCallback = false;
    }
  }

  /** Data and what comes after it are callbacks of their own to the program, though they came at once. */
  #endCallback() {
    if (!this.#isInCallback) return;
    this.#isInCallback = false;
    afterCallback();
    this.#isInCallback = true;
  }

  #fed(value) {
    if (this.#isClosed) return;
    if (typeof value === 'number') this.#ended(value);
    else this.#take(binding.feed(this.#number, value));
  }

  /** There will be no more from below: a handshake that is not over never will be. */
  #ended(value) {
    this.#hasEnded = true;
    if (!this.#isEstablished) this.#release(UV_ECANCELED);
    this.#arrive(value);
  }

  #release(errno) {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) each(errno);
  }

  /**
   * What a step of the protocol has brought: bytes to send, then events. That the handshake is over is told before the
   * last bytes of it are sent: who does not trust the other side closes, and it never hears that all was well.
   */
  #take(events) {
    if (this.#held !== null) {
      this.#held.push(events);
      return;
    }
    if (this.#keepSession(events)) return;
    const isLast = events.includes('secure');
    if (events[0] !== null && !isLast) this.#send(events[0]);
    for (let i = 1; i < events.length && !this.#isClosed; i += 2) {
      if (events[i - 2] === 'data') this.#endCallback();
      if (this.#isClosed) return;
      if (events[i] === 'secure') this.#secured(events[0]);
      else this.#tell(events[i], events[i + 1]);
    }
  }

  /**
   * A session of TLS 1.2 comes to the program before the handshake is over here and there: what brought it waits until
   * the program says so. Whether it waits.
   */
  #keepSession(events) {
    if (events[1] !== 'newsession' || this.#isSecure) return false;
    const [, , session, ...rest] = events;
    this.#held = [[events[0], ...rest]];
    this.onnewsession(...session, () => {
      const held = this.#held;
      this.#held = null;
      for (const each of held) if (!this.#isClosed) this.#take(each);
    });
    return true;
  }

  #tell(event, value) {
    switch (event) {
      case 'data': this.#arrive(value); break;
      case 'end': this.#arrive(END); break;
      case 'hello': this.onhello(...value); break;
      case 'session':
        this.#session = value;
        this.onsession(value);
        break;
      case 'newsession': this.onnewsession(...value, nothing); break;
      case 'keylog': this.onkeylog(value); break;
      case 'status': this.onstatus(value); break;
      case 'error': this.onerror(opensslError(value)); break;
    }
  }

  #secured(last) {
    this.#isSecure = true;
    this.onhandshakedone();
    if (this.#isClosed) return;
    if (last !== null) this.#send(last);
    this.#isEstablished = true;
    this.#release(0);
  }

  #send(bytes, callback = nothing) {
    return this.#below.write(new Uint8Array(bytes), callback);
  }

  /** Answer `onhello`. */
  proceed({ protocols = null, status = null, session = null }) {
    if (this.#isClosed) return;
    this.#take(binding.proceed(this.#number, null, protocols, status, session));
  }

  // Reading

  #arrive(value) {
    this.#arrived.push(value);
    if (this.#isReading) this.#deliver();
  }

  #deliver() {
    while (this.#isReading && this.#arrived.length > 0 && !this.#isClosed) {
      const value = this.#arrived[0];
      if (typeof value === 'number') {
        this.#arrived.shift();
        this.onread(value);
        continue;
      }
      const chunk = value.byteLength > this.#size ? value.slice(0, this.#size) : value;
      if (chunk === value) this.#arrived.shift();
      else this.#arrived[0] = value.slice(this.#size);
      this.bytesRead += chunk.byteLength;
      this.onread(chunk);
    }
  }

  readStart(size = READ_SIZE) {
    this.#size = size;
    this.#isReading = true;
    if (this.#arrived.length > 0) process.nextTick(() => this.#deliver());
    return this.#hasStarted && !this.#isClosed ? this.#readBelow() : 0;
  }

  readStop() {
    this.#isReading = false;
    if (!this.#isEstablished || this.#isClosed) return 0;
    this.#below.reading = false;
    return this.#below.readStop();
  }

  // Writing

  write(data, callback) {
    if (!this.#hasStarted) this.start();
    const length = lengthOf(data);
    this.bytesWritten += length;
    this.writeQueueSize += length;
    const written = (errno) => {
      this.writeQueueSize -= length;
      callback(errno);
    };
    if (this.#isEstablished) return this.#writeNow(data, written);
    this.#waiting.push((errno) => {
      const outcome = errno < 0 ? errno : this.#writeNow(data, written);
      if (outcome < 0) written(outcome);
    });
    return 1;
  }

  #writeNow(data, callback) {
    const outcome = this.#writePortions(portionsOf(Array.isArray(data) ? data : [data]), 0, callback);
    // To the program a write is never over at once, though it may be here.
    if (outcome === 0) process.nextTick(callback, 0);
    return outcome < 0 ? outcome : 1;
  }

  /** What the kernel has not taken yet is not encrypted either, so the memory for it is small, and used again. */
  #writePortions(portions, first, callback) {
    for (let i = first; i < portions.length; i++) {
      const next = i + 1;
      const then = next === portions.length ? callback : (errno) => {
        const outcome = errno === 0 ? this.#writePortions(portions, next, callback) : errno;
        if (outcome <= 0) callback(outcome);
      };
      const outcome = this.#encrypt(portions[i].map(handed), then);
      if (outcome !== 0) return outcome;
    }
    return 0;
  }

  #encrypt(chunks, callback) {
    if (this.#below.writeBy !== undefined) {
      return this.#below.writeBy(
        (number, id) => this.#checked(binding.writeTo(this.#number, number, id, chunks)), callback);
    }
    const encrypted = this.#checked(binding.write(this.#number, chunks));
    return typeof encrypted === 'number' ? encrypted : this.#send(encrypted, callback);
  }

  /** What an operation has brought, unless OpenSSL refused. */
  #checked(outcome) {
    if (!Array.isArray(outcome)) return outcome;
    this.onerror(opensslError(outcome));
    return UV_EPROTO;
  }

  shutdown(callback) {
    if (!this.#isEstablished && !this.#isClosed && !this.#hasEnded) {
      this.#waiting.push(() => {
        const outcome = this.#isClosed ? UV_ECANCELED : this.shutdown(callback);
        if (outcome !== 0) callback(outcome);
      });
      return 0;
    }
    const last = binding.shutdown(this.#number);
    if (last.byteLength > 0) this.#send(last);
    return this.#below.shutdown(callback);
  }

  // Closing

  isOpen() {
    return !this.#isClosed;
  }

  close(callback = nothing) {
    if (this.#isClosed) return;
    this.#isClosed = true;
    binding.close(this.#number);
    this.#release(UV_ECANCELED);
    this.closeBelow(callback);
  }

  reset(callback) {
    this.close(callback);
    return 0;
  }

  // What is known of the connection

  query(what, ...values) {
    const answer = binding.query(this.#number, what, values);
    return answer ?? undefined;
  }

  /** What the next connection may be given: as bytes. */
  get session() {
    return this.#session ?? this.query('session');
  }

  get ticket() {
    return this.query('ticket', this.#session ?? null);
  }

  /** As `query`; what OpenSSL refuses is thrown. */
  demand(what, ...values) {
    if (!this.#isSecure) throw new ERR_TLS_INVALID_STATE();
    const answer = binding.query(this.#number, what, values);
    if (Array.isArray(answer) && typeof answer[0] === 'string') throw opensslError(answer);
    return answer;
  }

  set(what, value) {
    binding.set(this.#number, what, value);
  }

  useContext(context) {
    this.context = context;
    this.set('context', context.number);
  }

  /** Begin another handshake. */
  renegotiate() {
    const outcome = this.demand('renegotiate');
    this.#take(outcome);
  }

  // What belongs to the handle below

  get fd() {
    return this.#below.fd ?? -1;
  }

  getAsyncId() {
    return this.#below.getAsyncId?.() ?? -1;
  }

  ref() {
    this.#below.ref?.();
  }

  unref() {
    this.#below.unref?.();
  }

  hasRef() {
    return this.#below.hasRef?.() ?? false;
  }

  getsockname(into) {
    return this.#below.getsockname?.(into) ?? -1;
  }

  getpeername(into) {
    return this.#below.getpeername?.(into) ?? -1;
  }

  setNoDelay(enable) {
    return this.#below.setNoDelay?.(enable) ?? 0;
  }

  setKeepAlive(...values) {
    return this.#below.setKeepAlive?.(...values) ?? 0;
  }

  setTypeOfService(value) {
    return this.#below.setTypeOfService?.(value) ?? 0;
  }

  getTypeOfService() {
    return this.#below.getTypeOfService?.() ?? 0;
  }
}

module.exports = { TLSHandle, opensslError };
