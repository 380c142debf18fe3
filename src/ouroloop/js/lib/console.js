'use strict';
// The public module `console` is the global console itself.

module.exports = require('internal/console/global');
