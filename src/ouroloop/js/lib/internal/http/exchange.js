'use strict';

// Exchange: one request of a client and its response, on one socket.
//
// Theory of operation. It takes the socket's events from the moment the request gets it until both messages are over;
// then the socket is free for the next request, or is destroyed. A new parser serves each exchange.
//
// What surprises people: a response may come, and even end, before the request is sent whole. The socket is free when
// both are done, and only then is the request's 'close' told.

const { ConnResetException } = require('internal/errors');
const { getOptionValue } = require('internal/options');
const { IncomingMessage, setHead, kWantMore } = require('_http_incoming');
const { kNeedDrain } = require('_http_outgoing');
const { MessageParser, rawList } = require('internal/http/parser');
const { DEFAULT_MOST_HEADERS, kComplete, kIsLines, kIsUpgrade, kKeepAlive } = require('internal/http/facts');
const { hasObserver, stopPerf } = require('internal/perf/observe');
const dc = require('diagnostics_channel');

/** Called when a request with a time limit gets its socket. */
const kListenForTimeout = Symbol('kListenForTimeout');

/** What observers are told of a request. */
const kMeasure = Symbol('kMeasure');

/** The parser that waits with a socket for the next exchange. */
const kParser = Symbol('kParser');

const onResponseFinish = dc.channel('http.client.response.finish');
const onRequestError = dc.channel('http.client.request.error');

const isInformational = (status) => status < 200 && status >= 100 && status !== 101;

class Exchange {
  #request;
  #socket;
  #parser;
  #isPaused = false;
  #isOver = false;
  #isEnding = false;

  constructor(request, socket) {
    this.#request = request;
    this.#socket = socket;
    this.#parser = parserFor(this, request, socket);
    this.#parser.requestSent(request.method);
    // From now on, though the socket is the request's only in the next tick.
    socket.on('error', this.#failed);
  }

  /** The request will not use the socket after all. */
  cancel() {
    this.#parser.close();
    this.#socket.removeListener('error', this.#failed);
  }

  start() {
    const request = this.#request;
    const socket = this.#socket;
    request.parser = this.#parser;
    socket._httpMessage = request;
    socket.parser = this.#parser;
    socket.on('data', this.#arrived);
    socket.on('end', this.#ended);
    socket.on('close', this.#closed);
    socket.on('drain', this.#drained);
    request.on('finish', this.#requestFinished);
    request.socket = socket;
    if (request.timeout !== undefined || request.agent?.options?.timeout) request[kListenForTimeout]();
    request.emit('socket', socket);
  }

  // The socket's events

  #arrived = (bytes) => {
    this.#parser.feed(bytes);
  };

  #ended = () => {
    const request = this.#request;
    const socket = this.#socket;
    if (!request.res && !socket._hadError) this.#fail(new ConnResetException('socket hang up'));
    this.#finish();
    socket.destroy();
  };

  #failed = (error) => {
    const request = this.#request;
    const socket = this.#socket;
    // An error that the response's reader is to hear of comes with its early end.
    this.#fail(error);
    if (!request.destroyed) request.destroyed = true;
    this.#finish();
    socket.removeListener('data', this.#arrived);
    socket.removeListener('end', this.#ended);
    socket.destroy();
  };

  #finish() {
    this.#isEnding = true;
    this.#parser.finish();
    this.#parser.close();
  }

  #fail(error) {
    const request = this.#request;
    this.#socket._hadError = true;
    if (onRequestError.hasSubscribers) onRequestError.publish({ request, error });
    request.emit('error', error);
  }

  #closed = () => {
    const request = this.#request;
    const socket = this.#socket;
    // What came last is read before the end is told.
    this.#finish();
    request.destroyed = true;
    const { res: response } = request;
    if (response) {
      if (!response.complete) response.destroy(new ConnResetException('aborted'));
      request._closed = true;
      request.emit('close');
      if (!response.aborted && response.readable) response.push(null);
    } else {
      if (!socket._hadError) this.#fail(new ConnResetException('socket hang up'));
      request._closed = true;
      request.emit('close');
    }
    request.outputData.length = 0;
  };

  #drained = () => {
    const request = this.#request;
    if (request.finished || !request[kNeedDrain]) return;
    request[kNeedDrain] = false;
    request.emit('drain');
  };

  #resume = () => {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#socket.readable) this.#socket.resume();
  };

  #timedOut = () => {
    this.#request.res.emit('timeout');
  };

  // The parser's events

  onResponse(status, message, version, rawHeaders, flags) {
    const request = this.#request;
    const socket = this.#socket;
    if (request.aborted || request.destroyed) return;
    if (request.res) {
      // A second answer to one request: the server does not speak HTTP.
      this.#parser.close();
      socket.destroy();
      return;
    }
    const response = new IncomingMessage(socket);
    setHead(response, version, rawHeaders, request.maxHeadersCount ?? DEFAULT_MOST_HEADERS, (flags & kIsLines) !== 0);
    response.statusCode = status;
    response.statusMessage = message;
    response.joinDuplicateHeaders = request.joinDuplicateHeaders;
    response.upgrade = (flags & kIsUpgrade) !== 0;
    if (isInformational(status)) {
      this.#inform(response);
      return;
    }
    request.res = response;
    response.req = request;
    if (response.upgrade) return; // what follows tells the rest
    if (request.shouldKeepAlive && (flags & kKeepAlive) === 0) request.shouldKeepAlive = false;
    response[kWantMore] = this.#resume;
    socket.on('timeout', this.#timedOut);
    if (request[kMeasure] !== undefined && hasObserver('http')) {
      stopPerf(request, kMeasure, {
        detail: { res: { statusCode: status, statusMessage: message, headers: response.headers } },
      });
    }
    if (onResponseFinish.hasSubscribers) onResponseFinish.publish({ request, response });
    this.#tell(response, (flags & kComplete) !== 0);
  }

  #inform(response) {
    const request = this.#request;
    if (response.statusCode === 100) request.emit('continue');
    request.emit('information', {
      statusCode: response.statusCode,
      statusMessage: response.statusMessage,
      httpVersion: response.httpVersion,
      httpVersionMajor: response.httpVersionMajor,
      httpVersionMinor: response.httpVersionMinor,
      headers: response.headers,
      rawHeaders: response.rawHeaders,
    });
  }

  #tell(response, isComplete) {
    const request = this.#request;
    response.on('end', this.#responseEnded);
    if (request.aborted || !request.emit('response', response)) response._dump();
    if (isComplete) this.#completed('');
  }

  onBody(chunk) {
    const { res: response } = this.#request;
    if (!response || response._dumped || response.destroyed) return;
    if (response.push(chunk)) return;
    this.#isPaused = true;
    this.#socket.pause();
  }

  onEnd(rawTrailers) {
    this.#completed(rawTrailers);
  }

  #completed(rawTrailers) {
    const { res: response } = this.#request;
    if (!response || response.complete) return;
    response.complete = true;
    if (rawTrailers !== '') response.rawTrailers = rawList(rawTrailers);
    this.#request._ended = true;
    if (!response.destroyed) response.push(null);
    this.#resume();
  }

  onUpgrade(rest) {
    const request = this.#request;
    const socket = this.#socket;
    const { res: response } = request;
    request.upgradeOrConnect = true;
    this.#leave();
    if (request.timeoutCb) socket.removeListener('timeout', request.timeoutCb);
    // It belongs to whoever takes it, not to the agent.
    socket.emit('agentRemove');
    socket._httpMessage = null;
    socket.readableFlowing = null;
    response.complete = true;
    const event = request.method === 'CONNECT' ? 'connect' : 'upgrade';
    if (request.listenerCount(event) === 0) {
      request.destroyed = true;
      this.#closeWithSocket();
      return;
    }
    request.emit(event, response, socket, rest);
    request.destroyed = true;
    request._closed = true;
    request.emit('close');
  }

  onParseError(error) {
    if (this.#isEnding) return; // it was cut off, which is told otherwise
    const request = this.#request;
    const socket = this.#socket;
    // Once the response is whole, what follows it is nobody's.
    this.#leave();
    socket.removeListener('error', this.#failed);
    socket.on('error', () => {});
    request.destroyed = true;
    this.#fail(error);
    this.#closeWithSocket();
  }

  #closeWithSocket() {
    const request = this.#request;
    this.#socket.on('close', () => {
      if (request.res && !request.res.complete) request.res.destroy(new ConnResetException('aborted'));
      request._closed = true;
      request.emit('close');
    });
    this.#socket.destroy();
  }

  /** `isClean`: both messages are over, and the parser may serve others. */
  #leave(isClean = false) {
    const socket = this.#socket;
    this.#isOver = true;
    if (isClean && isPlain(this.#request)) keepParser(socket, this.#parser);
    else this.#parser.close();
    this.#request.parser = null;
    socket.parser = null;
    socket.removeListener('data', this.#arrived);
    socket.removeListener('end', this.#ended);
    socket.removeListener('close', this.#closed);
    socket.removeListener('drain', this.#drained);
    socket.removeListener('error', this.#failed);
    socket.removeListener('timeout', this.#timedOut);
  }

  // The end

  #responseEnded = () => {
    const request = this.#request;
    const socket = this.#socket;
    if (request.timeoutCb) socket.removeListener('timeout', request.timeoutCb);
    request._ended = true;
    if (!request.shouldKeepAlive) {
      if (!socket.writable) return;
      if (typeof socket.destroySoon === 'function') socket.destroySoon();
      else socket.end();
    } else if (request.writableFinished && !this.#isOver && !request.res.aborted) {
      this.#free();
    }
  };

  #requestFinished = () => {
    const request = this.#request;
    if (request.shouldKeepAlive && request._ended && !request.destroyed) this.#free();
  };

  /** Both messages are over, and the connection is good for another request. */
  #free() {
    const request = this.#request;
    const socket = this.#socket;
    this.#leave(true);
    if (request.timeoutCb) socket.setTimeout(0, request.timeoutCb);
    request.timeoutCb = null;
    request.destroyed = true;
    // Whoever destroys the response must not destroy the next request's socket.
    request.res.socket = null;
    process.nextTick(release, request, socket);
  }
}

/** Whether a request asks nothing special of its parser. */
const isPlain = ({ maxHeaderSize, insecureHTTPParser }) =>
  maxHeaderSize === undefined && insecureHTTPParser === undefined;

function parserFor(exchange, request, socket) {
  const kept = socket[kParser];
  if (kept) {
    socket[kParser] = null;
    if (kept.isOpen() && isPlain(request)) {
      kept.serve(exchange);
      return kept;
    }
    kept.close();
  }
  return new MessageParser(
    false, exchange, request.maxHeaderSize || getOptionValue('--max-http-header-size'),
    request.insecureHTTPParser ?? getOptionValue('--insecure-http-parser'));
}

/** To be closed with the socket, if no other exchange takes it before. */
function keepParser(socket, parser) {
  if (socket.destroyed) {
    parser.close();
    return;
  }
  parser.rest();
  if (socket[kParser] === undefined) socket.once('close', closeParser);
  socket[kParser] = parser;
}

function closeParser() {
  this[kParser]?.close();
  this[kParser] = null;
}

/** After the program's own 'end' listeners. */
function release(request, socket) {
  request._closed = true;
  request.emit('close');
  if (socket) socket.emit('free');
}

module.exports = { Exchange, kListenForTimeout, kMeasure };
