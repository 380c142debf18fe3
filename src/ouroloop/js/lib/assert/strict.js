'use strict';
// `require('assert/strict')` is `require('assert').strict`.

module.exports = require('assert').strict;
