'use strict';

// Connection: a server's side of one socket. What arrives becomes requests; responses go out in the order of these.
//
// Theory of operation. Requests whose answer is under way are in `#incoming`, responses that wait for their turn in
// `#waiting`; the response that has the socket is `socket._httpMessage`. When it is finished the next one gets it.
//
// What surprises people: with pipelining all requests of one packet are handed out at once. Reading stops for two
// reasons: nobody reads a request's body, or responses that wait for their turn hold too much.

const {
  ConnResetException, codes: { ERR_HTTP_REQUEST_TIMEOUT, ERR_HTTP_SOCKET_ENCODING },
} = require('internal/errors');
const { FastBuffer } = require('internal/buffer');
const { getOptionValue } = require('internal/options');
const { continueExpression } = require('_http_common');
const { setHead, setHeadLines, setHeadText, kEnd, kWantMore } = require('_http_incoming');
const { kNeedDrain, kOwner, kUniqueHeaders } = require('_http_outgoing');
const { MessageParser, rawList, KINDS } = require('internal/http/parser');
const {
  DEFAULT_MOST_HEADERS, METHODS, STATUS_CODES, kComplete, kHasContentLength, kHasExpect, kHasHost, kHasMore,
  kHasTransferEncoding, kIsIdle, kIsLines, kIsUpgrade, kKeepAlive, kMethod, kMethodMask, kMinorVersion,
} = require('internal/http/facts');
const { Socket, hasTimeout } = require('internal/net/socket');
const { StreamHandle, copyOf } = require('internal/stream_handle');
const timers = require('internal/timers');
const { runNextTicks } = require('internal/process/task_queues');
const dc = require('diagnostics_channel');

const kServerResponse = Symbol('ServerResponse');
const kIncomingMessage = Symbol('IncomingMessage');
const kConnections = Symbol('kConnections');
const kOptimizeEmptyRequests = Symbol('kOptimizeEmptyRequests');

const onRequestStart = dc.channel('http.server.request.start');
const onResponseCreated = dc.channel('http.server.response.created');
const onResponseFinish = dc.channel('http.server.response.finish');

const NO_BYTES = new ArrayBuffer(0);

const nothing = () => {};

class Connection {
  #server;
  #parser;
  #incoming = []; // requests without a finished answer
  #waiting = []; // responses that wait for their turn
  #request = null; // whose body is arriving
  #upgrade = null; // a request that asked for another protocol, until what follows it is known
  #requests = 0;
  #held = 0; // bytes of responses that wait
  #isKeptAlive = false; // the socket's timeout is that of an idle connection
  #idleTimer = null;
  #idleTime = 0; // ms
  #idleSince = 0; // by the timers' clock
  #isPaused = false;
  #since; // when the message that is arriving began; 0 between two
  #hasHead = false;
  #isBetween = true; // the bytes taken last end between two messages
  #isOver = false;
  #unconsume = null; // ends the reading past the stream

  constructor(server, socket) {
    this.#server = server;
    this.socket = socket;
    const { maxHeaderSize, insecureHTTPParser, maxHeadersCount } = server;
    this.#parser = new MessageParser(
      true, this, maxHeaderSize || getOptionValue('--max-http-header-size'), insecureHTTPParser ?? isLenient(),
      maxHeadersCount ?? DEFAULT_MOST_HEADERS);
    this.#since = performance.now();
  }

  start() {
    const { socket } = this;
    const server = this.#server;
    socket.server = server;
    socket._httpMessage = null;
    socket._paused = false;
    server[kConnections]?.add(this);
    if (server.timeout && typeof socket.setTimeout === 'function') socket.setTimeout(server.timeout);
    socket.on('timeout', () => this.#timedOut());
    socket.on('error', this.#failed);
    socket.parser = this.#parser;
    socket.on('data', this.#arrived);
    socket.on('end', this.#ended);
    socket.on('close', this.#closed);
    socket.on('drain', this.#drained);
    // Bytes are not text in a protocol.
    socket.setEncoding = refuseEncoding;
    this.#consume();
  }

  /**
   * A socket of the loop's own is read past its stream: what one read brought is looked at where it lies, or Python
   * tells what it means. Any other Duplex gives data, and so does a socket once a program listens for its data itself.
   */
  #consume() {
    const { socket } = this;
    const handle = socket._handle;
    if (!(handle instanceof StreamHandle) || socket.readableLength > 0) return;
    const { onread } = handle;
    this.#unconsume = () => {
      this.#unconsume = null;
      this.#parser.unconsume();
      handle.onread = onread;
      handle.onbytes = undefined;
      socket.removeListener('pause', stop);
      socket.removeListener('resume', go);
      delete socket.on;
      delete socket.addListener;
      delete socket.prependListener;
    };
    handle.onread = (value) => {
      if (typeof value === 'number') onread(value);
      else if (value instanceof ArrayBuffer) this.#received(new Uint8Array(value), value.byteLength);
      else this.#consumed(value);
    };
    handle.onrequest = (text, bits, body) => this.#consumedRequest(text, bits, body);
    const stop = () => this.#stopHandle(handle);
    const go = () => this.#startHandle(handle);
    socket.on('pause', stop);
    socket.on('resume', go);
    for (const name of ['on', 'addListener', 'prependListener']) this.#watchListeners(socket, name);
    if (handle.readsItself()) handle.onbytes = (bytes, size) => this.#received(bytes, size);
    else this.#parser.consume(handle);
  }

  #watchListeners(socket, name) {
    const method = socket[name];
    socket[name] = (event, listener) => {
      if (event === 'data' || event === 'readable') this.#unconsume?.();
      return Reflect.apply(method, socket, [event, listener]);
    };
  }

  #stopHandle(handle) {
    if (!handle.reading || !handle.isOpen()) return;
    handle.reading = false;
    handle.readStop();
  }

  #startHandle(handle) {
    // 'resume' comes a tick after it was called for: the socket may have been paused again.
    if (handle.reading || !handle.isOpen() || this.socket.isPaused()) return;
    handle.reading = true;
    handle.readStart();
  }

  #received(bytes, size) {
    const { socket } = this;
    if (socket.destroyed) return;
    const parser = this.#parser;
    const message = parser.isBroken() ? null : parser.lookAt(bytes, size);
    if (message === null) {
      socket._unrefTimer();
      if (this.#isKeptAlive) this.#idleSince = timers.now();
      parser.feed(copyOf(bytes, 0, size));
      return;
    }
    const { head, flags, left } = message;
    const body = head.length < size ? copyOf(bytes, head.length, size) : undefined;
    let bits = flags | kKeepAlive | kIsLines | (left > 0 ? kHasMore : kIsIdle);
    if (left === 0 && body === undefined) bits |= kComplete;
    this.#consumedRequest(head, bits, body);
  }

  #consumed(list) {
    const { socket } = this;
    if (socket.destroyed) return;
    socket._unrefTimer();
    if (this.#isKeptAlive) this.#idleSince = timers.now();
    if (this.#parser.isBroken()) this.#parser.tellBroken(NO_BYTES);
    else this.#parser.deliver(list);
  }

  /** One request, which is nearly always what a read brings; of a large one, the begin (`kHasMore`). */
  #consumedRequest(text, bits, body) {
    const { socket } = this;
    if (socket.destroyed) return;
    socket._unrefTimer();
    const parser = this.#parser;
    if (parser.isBroken()) {
      parser.tellBroken(NO_BYTES);
      return;
    }
    let kind = KINDS.REQUEST; // whose listeners are running
    try {
      this.#tellRequest(text, bits);
      if (body !== undefined && parser.isOpen()) {
        kind = KINDS.BODY;
        this.onBody(body instanceof FastBuffer ? body : new FastBuffer(body));
        kind = KINDS.END;
        if (parser.isOpen() && (bits & kHasMore) === 0) this.onEnd('');
      }
      kind = -1;
    } finally {
      if (kind >= 0) parser.setBroken(kind);
    }
  }

  #tellRequest(text, bits) {
    this.onBytes((bits & kIsIdle) !== 0);
    const request = this.#begin();
    if ((bits & kIsLines) !== 0) {
      setHeadLines(request, text);
    } else {
      setHeadText(request, text, (bits & kMinorVersion) === 0 ? 0 : 1);
      request.method = METHODS[(bits >> kMethod) & kMethodMask];
    }
    this.#take(request, bits);
  }

  /** Whether nothing is under way: the connection only waits for another request. */
  get isIdle() {
    return this.#since === 0 && this.#incoming.length === 0 && !this.socket._httpMessage;
  }

  /** Ends a message that has been arriving for too long. `now` and the limits are in ms; 0 is no limit. */
  checkTime(now, headersTimeout, requestTimeout) {
    if (this.#since === 0) return;
    const limit = !this.#hasHead && headersTimeout > 0 ? headersTimeout : requestTimeout;
    if (limit > 0 && now - this.#since > limit) this.#failed(new ERR_HTTP_REQUEST_TIMEOUT());
  }

  // The socket's events

  #arrived = (bytes) => {
    this.#parser.feed(bytes);
  };

  #ended = () => {
    const server = this.#server;
    const { socket } = this;
    this.#parser.finish();
    if (this.#isOver || socket.destroyed) return;
    if (!server.httpAllowHalfOpen) {
      socket.end();
    } else if (this.#waiting.length > 0) {
      this.#waiting.at(-1)._last = true;
    } else if (socket._httpMessage) {
      socket._httpMessage._last = true;
    } else {
      socket.end();
    }
  };

  #failed = (error) => {
    const { socket } = this;
    socket.removeListener('error', this.#failed);
    if (socket.listenerCount('error') === 0) socket.on('error', nothing);
    if (this.#server.emit('clientError', error, socket)) return;
    if (socket.writable && !socket._httpMessage?._headerSent) {
      const status = statusOf(error);
      socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`, 'latin1');
    }
    socket.destroy(error);
  };

  #closed = () => {
    this.#end();
    this.#abortIncoming();
  };

  /** Nothing more is received. */
  #end() {
    this.#isOver = true;
    this.#stopIdleTimer();
    this.#unconsume?.();
    this.#server[kConnections]?.delete(this);
    this.#parser.close();
    this.socket.parser = null;
  }

  #abortIncoming() {
    while (this.#incoming.length > 0) this.#incoming.shift().destroy(new ConnResetException('aborted'));
  }

  #timedOut() {
    const { socket } = this;
    const request = this.#request;
    const isTold = [
      request !== null && !request.complete && request.emit('timeout', socket),
      socket._httpMessage ? socket._httpMessage.emit('timeout', socket) : false,
      this.#server.emit('timeout', socket),
    ].some(Boolean);
    if (!isTold) socket.destroy();
  }

  #drained = () => {
    const { socket } = this;
    if (socket._paused && this.#held <= socket.writableHighWaterMark) {
      socket._paused = false;
      socket.resume();
    }
    const message = socket._httpMessage;
    if (message && !message.finished && message[kNeedDrain]) {
      message[kNeedDrain] = false;
      message.emit('drain');
    }
  };

  // The parser's events

  onBytes(isIdle) {
    this.#isBetween = isIdle;
    if (isIdle || this.#since !== 0) return;
    this.#since = performance.now();
    this.#hasHead = false;
  }

  onRequest(method, url, version, rawHeaders, flags) {
    const request = this.#begin();
    setHead(request, version, rawHeaders);
    request.method = method;
    request.url = url;
    this.#take(request, flags);
  }

  #begin() {
    if (this.#isKeptAlive) this.#endIdling();
    this.#hasHead = true;
    this.#limit();
    const server = this.#server;
    return new server[kIncomingMessage](this.socket);
  }

  #take(request, flags) {
    const server = this.#server;
    request.joinDuplicateHeaders = server.joinDuplicateHeaders;
    request.upgrade = false;
    request[kWantMore] = this.#resume;
    if ((flags & kIsUpgrade) !== 0) {
      request.upgrade = request.method === 'CONNECT' || server.shouldUpgradeCallback(request);
      if (request.upgrade) {
        this.#upgrade = request;
        return;
      }
      flags &= ~kComplete;
    }
    if (server[kOptimizeEmptyRequests] && (flags & (kHasContentLength | kHasTransferEncoding)) === 0) {
      request._dumpAndCloseReadable();
    }
    this.#request = request;
    this.#incoming.push(request);
    this.#dispatch(request, flags);
    if ((flags & kComplete) !== 0) this.#completed(request, '');
  }

  onBody(chunk) {
    const request = this.#request;
    if (request === null || request._dumped || request.destroyed) return;
    if (!request.push(chunk)) {
      this.#isPaused = true;
      this.socket.pause();
    }
    // To the loop, a piece of a body is a callback of its own; what its ticks throw ends the connection.
    if (this.#unconsume !== null) runNextTicks();
  }

  onEnd(rawTrailers) {
    if (this.#request !== null) this.#completed(this.#request, rawTrailers);
  }

  #completed(request, rawTrailers) {
    this.#request = null;
    // With pipelining the next message may have begun.
    this.#since = this.#isBetween ? 0 : performance.now();
    this.#hasHead = false;
    request.complete = true;
    if (rawTrailers !== '') request.rawTrailers = rawList(rawTrailers);
    request[kEnd]();
    this.#resume();
  }

  onUpgrade(rest) {
    const request = this.#upgrade;
    if (request === null) {
      this.#parser.refuseUpgrade();
      return;
    }
    this.#upgrade = null;
    const server = this.#server;
    const { socket } = this;
    this.#leave();
    const event = request.method === 'CONNECT' ? 'connect' : 'upgrade';
    if (server.listenerCount(event) === 0) {
      socket.destroy();
      return;
    }
    request.complete = true;
    socket.readableFlowing = null;
    server.emit(event, request, socket, rest);
  }

  onParseError(error) {
    this.#failed(error);
  }

  /** The socket speaks another protocol from here on: nothing of ours may listen to it. */
  #leave() {
    const { socket } = this;
    this.#end();
    socket.removeListener('data', this.#arrived);
    socket.removeListener('end', this.#ended);
    socket.removeListener('close', this.#closed);
    socket.removeListener('drain', this.#drained);
    socket.removeListener('error', this.#failed);
    socket.removeAllListeners('timeout');
    delete socket.setEncoding;
  }

  #resume = () => {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.socket._paused && this.socket.readable) this.socket.resume();
  };

  // Requests and responses

  #dispatch(request, flags) {
    const server = this.#server;
    const { socket } = this;
    const response = new server[kServerResponse](request, {
      highWaterMark: socket.writableHighWaterMark,
      rejectNonStandardBodyWrites: server.rejectNonStandardBodyWrites,
    });
    response._keepAliveTimeout = server.keepAliveTimeout;
    response._maxRequestsPerSocket = server.maxRequestsPerSocket;
    response._onPendingData = this.#countHeld;
    response[kOwner] = this;
    response.shouldKeepAlive = (flags & kKeepAlive) !== 0;
    response[kUniqueHeaders] = server[kUniqueHeaders];
    if (onResponseCreated.hasSubscribers) onResponseCreated.publish({ request, response });
    if (onRequestStart.hasSubscribers) onRequestStart.publish({ request, response, socket, server });
    if (socket._httpMessage) this.#waiting.push(response);
    else response.assignSocket(socket);
    this.#requests++;
    if (!this.#isRefused(request, response, flags)) this.#tell(request, response, flags);
  }

  #isRefused(request, response, flags) {
    const server = this.#server;
    const isModern = request.httpVersionMajor === 1 && request.httpVersionMinor === 1;
    if (server.maxRequestsPerSocket > 0) {
      response.maxRequestsOnConnectionReached = server.maxRequestsPerSocket <= this.#requests;
      if (server.maxRequestsPerSocket < this.#requests) {
        server.emit('dropRequest', request, this.socket);
        response.writeHead(503);
        response.end();
        return true;
      }
    }
    // RFC 9112, 3.2: a request of HTTP/1.1 names its host.
    if (server.requireHostHeader && isModern && (flags & kHasHost) === 0) {
      response.writeHead(400, ['Connection', 'close']);
      response.end();
      return true;
    }
    return false;
  }

  #tell(request, response, flags) {
    const server = this.#server;
    if ((flags & kHasExpect) === 0 || request.httpVersionMinor < 1) {
      server.emit('request', request, response);
      return;
    }
    if (continueExpression.test(request.headers.expect)) {
      response._expect_continue = true;
      if (server.listenerCount('checkContinue') > 0) {
        server.emit('checkContinue', request, response);
      } else {
        response.writeContinue();
        server.emit('request', request, response);
      }
    } else if (server.listenerCount('checkExpectation') > 0) {
      server.emit('checkExpectation', request, response);
    } else {
      response.writeHead(417);
      response.end();
    }
  }

  #countHeld = (change) => {
    const { socket } = this;
    this.#held += change;
    if (socket._paused && this.#held < socket.writableHighWaterMark) this.#drained();
  };

  /** A client that asks faster than it reads has to wait: nothing more is taken from it until there is room. */
  #limit() {
    const { socket } = this;
    if (socket._paused || (this.#held < socket.writableHighWaterMark && !socket.writableNeedDrain)) return;
    socket._paused = true;
    socket.pause();
  }

  /** A response is out. */
  finished(response) {
    const { socket } = this;
    const request = response.req;
    if (onResponseFinish.hasSubscribers) onResponseFinish.publish({ request, response, socket, server: this.#server });
    const incoming = this.#incoming;
    if (incoming.length === 1 && incoming[0] === request) {
      incoming.pop();
    } else {
      const place = incoming.indexOf(request);
      if (place !== -1) incoming.splice(place, 1);
    }
    // Nobody has asked for the body: it is read and dropped, so that the next request can be.
    if (!request._consuming) request._dump();
    response.detachSocket(socket);
    process.nextTick(emitClose, response);
    if (response._last) {
      if (typeof socket.destroySoon === 'function') socket.destroySoon();
      else socket.end();
    } else if (this.#waiting.length > 0) {
      this.#waiting.shift().assignSocket(socket);
    } else {
      this.#keepAlive();
    }
  }

  // Idle connections. To start and stop a timer for each request would cost more than much of the rest: one timer runs
  // on, and looks when it fires how long the connection has been idle.

  #keepAlive() {
    const { keepAliveTimeout, keepAliveTimeoutBuffer } = this.#server;
    const { socket } = this;
    if (!keepAliveTimeout || typeof socket.setTimeout !== 'function') return;
    const time = keepAliveTimeout + keepAliveTimeoutBuffer;
    this.#isKeptAlive = true;
    if (!(socket instanceof Socket)) {
      socket.setTimeout(time);
      return;
    }
    if (hasTimeout(socket)) socket.setTimeout(0);
    socket.timeout = time;
    this.#idleTime = time;
    this.#idleSince = timers.now();
    this.#idleTimer ??= timers.setUnrefTimeout(this.#idled, time);
  }

  #endIdling() {
    const { socket } = this;
    const time = this.#server.timeout || 0;
    this.#isKeptAlive = false;
    if (time === 0 && socket instanceof Socket && !hasTimeout(socket)) socket.timeout = 0;
    else socket.setTimeout(time);
  }

  #idled = () => {
    const { socket } = this;
    this.#idleTimer = null;
    // Nor is it idle in our sense when a program has set a timeout of its own.
    if (!this.#isKeptAlive || this.#isOver || socket.destroyed || hasTimeout(socket)) return;
    const left = this.#idleSince + this.#idleTime - timers.now();
    if (left > 0) this.#idleTimer = timers.setUnrefTimeout(this.#idled, left);
    else socket._onTimeout();
  };

  #stopIdleTimer() {
    timers.clear(this.#idleTimer);
    this.#idleTimer = null;
  }
}

function emitClose(response) {
  response.destroyed = true;
  response._closed = true;
  response.emit('close');
}

function refuseEncoding() {
  throw new ERR_HTTP_SOCKET_ENCODING();
}

const isLenient = () => getOptionValue('--insecure-http-parser');

function statusOf({ code }) {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW': return 431;
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW': return 413;
    case 'ERR_HTTP_REQUEST_TIMEOUT': return 408;
    default: return 400;
  }
}

module.exports = { Connection, kConnections, kIncomingMessage, kOptimizeEmptyRequests, kServerResponse };
