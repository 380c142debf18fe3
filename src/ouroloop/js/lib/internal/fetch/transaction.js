'use strict';

// Transaction: one request of a fetch on the wire, and the head of its response.
//
// Theory of operation. The head is written here whole, in Node's order, and goes out by the client of `http` or
// `https`. Connections are kept by agents of the fetch's own; one that waits does not keep the process alive. A body
// is written as fast as the other side takes it, and goes on while the response is read already.

const { connectionHeaders } = require('internal/fetch/network_headers');
const { BodyTimeoutError, ConnectTimeoutError, HeadersTimeoutError, SocketError, causeOf, kCause } =
  require('internal/fetch/errors');
const { getLazy } = require('internal/util');
const { clearTimeout, setImmediate, setTimeout } = require('timers');
const { isBlob } = require('internal/blob');

const CONNECT_TIMEOUT = 10_000; // ms, as in Node
const SILENCE_TIMEOUT = 300_000; // ms without a byte, of the head or of the body
const KEPT_FOR = 4_000; // ms that a connection waits for the next request

/**
 * An agent that gives a server one turn of the loop to close a connection that it said it would keep; whoever wants one
 * meanwhile gets another.
 */
function makeAgent({ Agent }) {
  class PatientAgent extends Agent {
    emit(event, ...args) {
      if (event !== 'free') return super.emit(event, ...args);
      setImmediate(() => super.emit('free', ...args));
      return true;
    }
  }
  return new PatientAgent({ keepAlive: true, scheduling: 'lifo', timeout: KEPT_FOR });
}

const plainAgent = getLazy(() => makeAgent(require('http')));
const secureAgent = getLazy(() => makeAgent(require('https')));

function optionsFor({ method, url, headers }, length) {
  const isSecure = url.protocol === 'https:';
  return {
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port || (isSecure ? 443 : 80),
    path: url.pathname + url.search,
    method,
    headers: connectionHeaders(method, url, headers, length),
    agent: isSecure ? secureAgent() : plainAgent(),
    ...(isSecure && { ALPNProtocols: ['http/1.1'] }),
  };
}

/** How many bytes will be sent; null if nobody knows, undefined if there is no body. */
function lengthOf(body) {
  return body === null ? undefined : body.length;
}

class Transaction {
  #request; // the http client's
  #response = null;
  #answer = Promise.withResolvers();

  /**
   * `wanted` has a method, an URL, a list of headers and a body; `connected` is called when there is a connection for
   * it. Throws for headers that cannot be sent.
   */
  constructor(wanted, connected) {
    const client = require(wanted.url.protocol === 'https:' ? 'https' : 'http');
    const request = this.#request = client.request(optionsFor(wanted, lengthOf(wanted.body)));
    request.on('response', this.#arrived);
    request.on('error', this.#failed);
    request.on('upgrade', (response, socket) => this.#refuse('bad upgrade', socket));
    request.on('continue', () => this.#refuse('bad response', request.socket));
    request.on('socket', (socket) => this.#watchConnecting(socket, wanted.url, connected));
    request.setTimeout(SILENCE_TIMEOUT, this.#silent);
    this.#upload(wanted.body).catch((error) => this.destroy(error));
  }

  /** A promise of the response, whose body is not read yet. */
  get response() {
    return this.#answer.promise;
  }

  destroy(error) {
    this.#answer.reject(error);
    this.#request.destroy();
  }

  #arrived = (response) => {
    this.#response = response;
    // Whoever reads it is told; until then nobody listens.
    response.on('error', () => {});
    this.#answer.resolve(response);
  };

  #failed = (error) => {
    const cause = causeOf(error, this.#request.socket, !this.#response);
    this.#answer.reject(cause);
    if (this.#response) this.#response[kCause] = cause;
  };

  #refuse(message, socket) {
    this.#answer.reject(new SocketError(message, socket));
    socket.destroy();
  }

  #silent = () => {
    const error = this.#response === null ? new HeadersTimeoutError() : new BodyTimeoutError();
    this.#answer.reject(error);
    this.#response?.destroy(error);
    this.#request.destroy();
  };

  #watchConnecting(socket, { hostname, port, protocol }, connected) {
    if (!socket.connecting) {
      connected();
      return;
    }
    const address = `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
    const timer = setTimeout(() => {
      this.destroy(new ConnectTimeoutError(
        `Connect Timeout Error (attempted address: ${address}, timeout: ${CONNECT_TIMEOUT}ms)`));
    }, CONNECT_TIMEOUT);
    const clear = () => clearTimeout(timer);
    socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      clear();
      connected();
    });
    socket.once('close', clear);
  }

  async #upload(body) {
    const request = this.#request;
    if (body === null) {
      request.end();
      return;
    }
    if (body.parts?.length === 1 && !isBlob(body.parts[0])) {
      request.end(body.parts[0]);
      return;
    }
    for await (const chunk of body.chunks()) {
      if (request.destroyed) return;
      if (!request.write(chunk)) await drained(request);
    }
    request.end();
  }
}

function drained(request) {
  const { promise, resolve } = Promise.withResolvers();
  const done = () => {
    request.removeListener('drain', done);
    request.removeListener('close', done);
    resolve();
  };
  request.on('drain', done);
  request.on('close', done);
  return promise;
}

module.exports = { Transaction };
