'use strict';

// http2: HTTP/2 servers and clients, which are in `internal/http2/core`; sessions and streams are in files of their own
// beside it, what looks like http's requests and responses in `internal/http2/compat`.

const core = require('internal/http2/core');
const { Http2ServerRequest, Http2ServerResponse } = require('internal/http2/compat');

const {
  connect, constants, createServer, createSecureServer, getDefaultSettings, getPackedSettings, getUnpackedSettings,
  performServerHandshake, sensitiveHeaders,
} = core;

module.exports = {
  connect, constants, createServer, createSecureServer, getDefaultSettings, getPackedSettings, getUnpackedSettings,
  performServerHandshake, sensitiveHeaders, Http2ServerRequest, Http2ServerResponse,
};
