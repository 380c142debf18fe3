'use strict';

// _tls_wrap: an old name for parts of tls.

const { TLSSocket } = require('internal/tls/socket');
const { Server, createServer } = require('internal/tls/server');
const { connect } = require('internal/tls/connect');

module.exports = { TLSSocket, Server, createServer, connect };
