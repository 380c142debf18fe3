'use strict';

// HTTP/2: sessions, each a connection.
//
// Theory of operation. A session joins a socket and one side of nghttp2 in Python (`node/http2`), known here by a
// number. What the socket brings is handed over; what comes back is a list of events, which become events of the
// session and its streams, and bytes for the socket. What a program asks for is submitted at once; the bytes that come
// of it are fetched once for each turn of the ticks (`flushSoon`), so that many small things leave in one write.
//
// What surprises people: a session that is closed goes on until its last stream is closed; one that is destroyed takes
// them along.

const EventEmitter = require('events');
const net = require('net');
const {
  codes: {
    ERR_HTTP2_ALTSVC_INVALID_ORIGIN, ERR_HTTP2_ALTSVC_LENGTH, ERR_HTTP2_ERROR, ERR_HTTP2_GOAWAY_SESSION,
    ERR_HTTP2_INVALID_ORIGIN, ERR_HTTP2_INVALID_SESSION, ERR_HTTP2_MAX_PENDING_SETTINGS_ACK,
    ERR_HTTP2_NO_SOCKET_MANIPULATION, ERR_HTTP2_ORIGIN_LENGTH, ERR_HTTP2_OUT_OF_STREAMS, ERR_HTTP2_PING_CANCEL,
    ERR_HTTP2_PING_LENGTH, ERR_HTTP2_SESSION_ERROR, ERR_HTTP2_SOCKET_UNBOUND, ERR_HTTP2_STREAM_CANCEL,
    ERR_HTTP2_TOO_MANY_INVALID_FRAMES, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_CHAR,
    ERR_OUT_OF_RANGE,
  },
  AbortError,
} = require('internal/errors');
const {
  validateAbortSignal, validateBoolean, validateFunction, validateInt32, validateNumber, validateString,
} = require('internal/validators');
const { isArrayBufferView } = require('internal/util/types');
const { customInspectSymbol } = require('internal/util');
const { constants } = require('internal/http2/constants');
const headersOf = require('internal/http2/util');
const { kOnWriteFailed } = require('internal/net/socket');
const { UV_ECONNRESET, UV_EPIPE } = require('internal/uv');
const {
  ClientHttp2Stream, ServerHttp2Stream, IdleTime, NOT_BEGUN, END_STREAM, ERR_STREAM_ID_NOT_AVAILABLE, bytesOf, hide,
  kHeaders, nghttp2Error, warnOfPriority,
} = require('internal/http2/stream');

const binding = internalBinding('http2');

// Python's events, in the order of `node/http2/session.py`, by how many values follow each.
const [
  HEADERS, DATA, END, CLOSE, SETTINGS, SETTINGS_ACK, PING, PING_ACK, GOAWAY, ALTSVC, ORIGIN, FRAME_ERROR, WRITTEN,
  WANT_TRAILERS, ERROR,
] = Array.from({ length: 15 }, (_, number) => number);

const VALUES = [5, 2, 1, 2, 2, 0, 1, 1, 3, 3, 1, 3, 1, 1, 2]; // of each event

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } = constants;
const MOST_PENDING_SETTINGS = 10;
const MOST_ALTSVC = 16382;
const LAST_ID = 2 ** 32 - 1; // that setNextStreamID takes; nghttp2 ignores those that no stream can have

const kSession = Symbol('http2session');
const kServer = Symbol('server');
const kOptions = Symbol('options');

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

module.exports = { ClientHttp2Session, ServerHttp2Session, kOptions, kSession };
