'use strict';

// IncomingMessage: what was received, a request on a server's side and a response on a client's.
//
// Theory of operation. It is a Readable of the body. The connection that receives it pushes, and is asked by `_read`
// to go on when it had to stop. Headers stay one text, as received, until a program looks at them.
//
// What surprises people: `complete` tells whether all of the message arrived; a message that ends early is destroyed
// with ECONNRESET. A message that nobody reads is read and dropped once its answer is done (`_dump`).

const { Readable, finished } = require('stream');
const { Stream } = require('internal/streams/legacy');
const { ConnResetException } = require('internal/errors');
const { rawList } = require('internal/http/parser');
const { FIRST_WINS } = require('internal/http/facts');

const { ReadableState } = Readable;
const AUTO_DESTROY = { autoDestroy: true };

const kReadableState = Symbol('kReadableState');
const kIsSettled = Symbol('kIsSettled');
/** All of the message has arrived. */
const kEnd = Symbol('kEnd');
const kHead = Symbol('kHead');
const kIsLines = Symbol('kIsLines');
const kHeaders = Symbol('kHeaders');
const kHeadersCount = Symbol('kHeadersCount');
const kHeadersDistinct = Symbol('kHeadersDistinct');
const kTrailers = Symbol('kTrailers');
const kTrailersDistinct = Symbol('kTrailersDistinct');
const kRaw = Symbol('kRaw');
const kRawTrailers = Symbol('kRawTrailers');
const kAbortController = Symbol('kAbortController');
/** Called when a program wants more of the body. */
const kWantMore = Symbol('kWantMore');

function IncomingMessage(socket) {
  this._events = { close: undefined, error: undefined, data: undefined, end: undefined, readable: undefined };
  Stream.call(this);
  this[kReadableState] = null;
  this.socket = socket;
  this.httpVersionMajor = null;
  this.httpVersionMinor = null;
  this.httpVersion = null;
  this.complete = false;
  this[kHead] = '';
  this[kIsLines] = false;
  this[kRaw] = null;
  this[kRawTrailers] = [];
  this[kHeaders] = null;
  this[kHeadersCount] = 0;
  this[kHeadersDistinct] = null;
  this[kTrailers] = null;
  this[kTrailersDistinct] = null;
  this[kWantMore] = null;
  this[kIsSettled] = false;
  this.joinDuplicateHeaders = false;
  this.aborted = false;
  this.upgrade = null;
  this.url = '';
  this.method = null;
  this.statusCode = null;
  this.statusMessage = null;
  this.client = socket;
  this._consuming = false;
  this._dumped = false;
}
Object.setPrototypeOf(IncomingMessage.prototype, Readable.prototype);
Object.setPrototypeOf(IncomingMessage, Readable);

/** What a Readable is, made when somebody looks at it: most requests have no body, and nobody reads that. */
Object.defineProperty(IncomingMessage.prototype, '_readableState', {
  __proto__: null,
  configurable: true,
  get() {
    return this[kReadableState] ?? makeReadableState(this);
  },
  set(state) {
    this[kReadableState] = state;
  },
});

function makeReadableState(message) {
  const { socket } = message;
  const state = new ReadableState(
    socket ? { autoDestroy: true, highWaterMark: socket.readableHighWaterMark } : AUTO_DESTROY, message, false);
  message[kReadableState] = state;
  state.readingMore = true;
  if (message[kIsSettled]) close(state);
  else if (message.complete) message.push(null);
  return state;
}

function close(state) {
  state.ended = true;
  state.endEmitted = true;
  state.destroyed = true;
  state.closed = true;
  state.closeEmitted = true;
}

const hasListeners = ({ _events: events }) => {
  for (const name in events) if (events[name] !== undefined) return true;
  return false;
};

/** Puts one header into `target` under its lower-case name. */
function addLine(target, name, value, isJoined) {
  const key = name.toLowerCase();
  if (key === 'set-cookie') {
    if (target[key] === undefined) target[key] = [value];
    else target[key].push(value);
  } else if (!Object.hasOwn(target, key)) {
    target[key] = value;
  } else if (key === 'cookie') {
    target[key] += `; ${value}`;
  } else if (isJoined || !FIRST_WINS.has(key)) {
    target[key] += `, ${value}`;
  }
}

function merged(raw, count, isJoined, target = {}) {
  for (let i = 0; i < count; i += 2) addLine(target, raw[i], raw[i + 1], isJoined);
  return target;
}

function distinct(raw) {
  const target = { __proto__: null };
  for (let i = 0; i < raw.length; i += 2) (target[raw[i].toLowerCase()] ??= []).push(raw[i + 1]);
  return target;
}

/**
 * The head as the parser gave it; `limit` is how many headers are kept at most, 0 for all. `isLines`: as it arrived.
 */
function setHead(message, version, rawHeaders, limit = 0, isLines = false) {
  message.httpVersion = version;
  message.httpVersionMajor = Number(version[0]);
  message.httpVersionMinor = Number(version[2]);
  message[kHead] = rawHeaders;
  message[kIsLines] = isLines;
  if (limit > 0) message[kHeadersCount] = 2 * limit;
}

/** As `setHead`: the URL, and then the headers, in lines. */
function setHeadText(message, text, minor) {
  const end = text.indexOf('\n');
  message.url = text.slice(0, end);
  message.httpVersion = minor === 1 ? '1.1' : '1.0';
  message.httpVersionMajor = 1;
  message.httpVersionMinor = minor;
  message[kHead] = text.slice(end + 1);
}

/** As `setHead`, of a request: its head as it arrived, whose lines llhttp has let pass. */
function setHeadLines(message, head) {
  const methodEnd = head.indexOf(' ');
  let start = methodEnd + 1;
  while (head[start] === ' ') start++;
  const end = head.indexOf(' ', start);
  const minor = head[head.indexOf('\r', end) - 1] === '1' ? 1 : 0;
  message.method = head.slice(0, methodEnd);
  message.url = head.slice(start, end);
  message.httpVersion = minor === 1 ? '1.1' : '1.0';
  message.httpVersionMajor = 1;
  message.httpVersionMinor = minor;
  message[kHead] = head;
  message[kIsLines] = true;
}

/** Names and values of a head as it arrived. */
function linesOf(head) {
  const raw = [];
  let start = head.indexOf('\r\n') + 2;
  for (let end = head.indexOf('\r\n', start); end > start; end = head.indexOf('\r\n', start)) {
    const colon = head.indexOf(':', start);
    raw.push(head.slice(start, colon), withoutBlanks(head, colon + 1, end));
    start = end + 2;
  }
  return raw;
}

const isBlank = (code) => code === 0x20 || code === 0x09;

function withoutBlanks(text, start, end) {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function defineLazy(name, slot, make) {
  Object.defineProperty(IncomingMessage.prototype, name, {
    __proto__: null,
    configurable: true,
    enumerable: name === 'rawHeaders' || name === 'rawTrailers',
    get() {
      return this[slot] ??= make(this);
    },
    set(value) {
      this[slot] = value;
    },
  });
}

defineLazy('rawHeaders', kRaw, (message) => {
  const raw = message[kIsLines] ? linesOf(message[kHead]) : rawList(message[kHead]);
  const most = message[kHeadersCount];
  if (most > 0 && raw.length > most) raw.length = most;
  return raw;
});
defineLazy('rawTrailers', kRawTrailers, () => []);
defineLazy('headers', kHeaders, ({ rawHeaders, joinDuplicateHeaders }) =>
  merged(rawHeaders, rawHeaders.length, joinDuplicateHeaders));
defineLazy('headersDistinct', kHeadersDistinct, ({ rawHeaders }) => distinct(rawHeaders));
defineLazy('trailers', kTrailers, ({ rawTrailers, joinDuplicateHeaders }) =>
  merged(rawTrailers, rawTrailers.length, joinDuplicateHeaders));
defineLazy('trailersDistinct', kTrailersDistinct, ({ rawTrailers }) => distinct(rawTrailers));

Object.defineProperties(IncomingMessage.prototype, {
  connection: {
    __proto__: null,
    get() {
      return this.socket;
    },
    set(value) {
      this.socket = value;
    },
  },
  signal: {
    __proto__: null,
    configurable: true,
    get() {
      let controller = this[kAbortController];
      if (controller === undefined) {
        controller = this[kAbortController] = new AbortController();
        if (this.destroyed) controller.abort();
        else this.once('close', () => controller.abort());
      }
      return controller.signal;
    },
  },
});

Object.assign(IncomingMessage.prototype, {
  setTimeout(ms, callback) {
    if (callback) this.on('timeout', callback);
    this.socket.setTimeout(ms);
    return this;
  },

  _read() {
    if (!this._consuming) {
      this._readableState.readingMore = false;
      this._consuming = true;
    }
    this[kWantMore]?.();
  },

  _destroy(error, callback) {
    if (!this.readableEnded || !this.complete) {
      this.aborted = true;
      this.emit('aborted');
    }
    const { socket } = this;
    // A message whose end was never read takes its connection with it: nobody would read what follows.
    if (socket && !socket.destroyed && this.aborted) {
      socket.destroy(error);
      const stop = finished(socket, (failure) => {
        stop();
        if (failure?.code === 'ERR_STREAM_PREMATURE_CLOSE') failure = null;
        process.nextTick(tell, this, failure || error, callback);
      });
      return;
    }
    process.nextTick(tell, this, error, callback);
  },

  _addHeaderLines(headers, count) {
    if (!headers?.length) return;
    if (this.complete) {
      this.rawTrailers = headers;
      this[kTrailers] = merged(headers, count, this.joinDuplicateHeaders, this[kTrailers] ?? {});
    } else {
      this[kRaw] = headers;
      this[kHeaders] = merged(headers, count, this.joinDuplicateHeaders, this[kHeaders] ?? {});
    }
  },

  _addHeaderLine(name, value, target) {
    addLine(target, name, value, this.joinDuplicateHeaders);
  },

  _addHeaderLineDistinct(name, value, target) {
    (target[name.toLowerCase()] ??= []).push(value);
  },

  _dumpAndCloseReadable() {
    this._dumped = true;
    close(this._readableState);
  },

  [kEnd]() {
    // Whoever looks later finds it ended.
    if (this[kReadableState] !== null && !this.destroyed) this.push(null);
  },

  /** Read what is left and drop it. */
  _dump() {
    if (this._dumped) return;
    this._dumped = true;
    if (this[kReadableState] === null && this.complete && !hasListeners(this)) {
      this[kIsSettled] = true; // there is nothing to read, and nobody to hear that it was
      return;
    }
    // No listener may hear of data that nobody wanted.
    this.removeAllListeners('data');
    this.resume();
  },
});

/** An error that nobody listens for is not one: a lost connection must not end a server. */
function tell(message, error, callback) {
  callback(message.listenerCount('error') > 0 ? error : null);
}

const connectionReset = () => new ConnResetException('aborted');

module.exports = { IncomingMessage, connectionReset, setHead, setHeadLines, setHeadText, kEnd, kWantMore };
