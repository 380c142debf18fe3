'use strict';

// The name that `stream.Writable` had before Node 0.12. Old packages still require it.

module.exports = require('stream').Writable;
