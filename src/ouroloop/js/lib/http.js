'use strict';

// http: servers and clients of HTTP/1. The parts are in `_http_*`, as in Node.

const { METHODS } = require('internal/http/facts');
const { ClientRequest } = require('_http_client');
const { IncomingMessage } = require('_http_incoming');
const { OutgoingMessage, validateHeaderName, validateHeaderValue } = require('_http_outgoing');
const { STATUS_CODES, Server, ServerResponse, _connectionListener } = require('_http_server');
const agents = require('_http_agent');
const { validateInteger } = require('internal/validators');
const { getOptionValue } = require('internal/options');

function createServer(options, requestListener) {
  return new Server(options, requestListener);
}

function request(url, options, callback) {
  return new ClientRequest(url, options, callback);
}

function get(url, options, callback) {
  const made = request(url, options, callback);
  made.end();
  return made;
}

/** How many idle parsers Node keeps. Here a parser costs little, so none are kept; the number is only checked. */
function setMaxIdleHTTPParsers(most) {
  validateInteger(most, 'max', 1);
}

module.exports = {
  _connectionListener,
  METHODS: METHODS.toSorted(),
  STATUS_CODES,
  Agent: agents.Agent,
  ClientRequest,
  IncomingMessage,
  OutgoingMessage,
  Server,
  ServerResponse,
  createServer,
  validateHeaderName,
  validateHeaderValue,
  get,
  request,
  setMaxIdleHTTPParsers,
};

Object.defineProperties(module.exports, {
  maxHeaderSize: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => getOptionValue('--max-http-header-size'),
  },
  globalAgent: {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => agents.globalAgent,
    set(value) {
      agents.globalAgent = value;
    },
  },
});

const WEB = {
  WebSocket: 'internal/fetch/websocket',
  CloseEvent: 'internal/fetch/close_event',
  MessageEvent: 'internal/message_event',
};
for (const [name, id] of Object.entries(WEB)) {
  Object.defineProperty(module.exports, name, {
    __proto__: null, configurable: true, enumerable: true, get: () => require(id)[name],
  });
}
