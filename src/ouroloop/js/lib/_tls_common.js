'use strict';

// _tls_common: an old name for parts of tls.

const { SecureContext, createSecureContext } = require('internal/tls/secure_context');
const { translatePeerCertificate } = require('internal/tls/certificate');

module.exports = { SecureContext, createSecureContext, translatePeerCertificate };
