'use strict';

// The name that `stream.PassThrough` had before Node 0.12. Old packages still require it.

module.exports = require('stream').PassThrough;
