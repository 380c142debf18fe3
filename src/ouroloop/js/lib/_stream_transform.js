'use strict';

// The name that `stream.Transform` had before Node 0.12. Old packages still require it.

module.exports = require('stream').Transform;
