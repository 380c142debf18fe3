'use strict';

// net: connections and servers, over TCP and over pipes. The parts are in `internal/net`.

const { BlockList } = require('internal/blocklist');
const { SocketAddress } = require('internal/socketaddress');
const { isIP, isIPv4, isIPv6, normalizeArgs } = require('internal/net');
const { Socket } = require('internal/net/socket');
const { Server, createServer, createServerHandle } = require('internal/net/server');
const {
  createConnection, getDefaultAutoSelectFamily, getDefaultAutoSelectFamilyAttemptTimeout, setDefaultAutoSelectFamily,
  setDefaultAutoSelectFamilyAttemptTimeout,
} = require('internal/net/connect');

Object.defineProperty(createConnection, 'name', { value: 'connect' });

module.exports = {
  _createServerHandle: (address, port, family, fd, flags) => (
    port === -1 && family === -1 ? createServerHandle({ path: address }) :
      createServerHandle({ fd: fd ?? undefined, address, port: port ?? undefined, flags })),
  _normalizeArgs: normalizeArgs,
  BlockList,
  SocketAddress,
  connect: createConnection,
  createConnection,
  createServer,
  isIP,
  isIPv4,
  isIPv6,
  Server,
  Socket,
  Stream: Socket,
  getDefaultAutoSelectFamily,
  setDefaultAutoSelectFamily,
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
};
