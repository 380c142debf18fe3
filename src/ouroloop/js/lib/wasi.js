'use strict';

// node:wasi: not there. The class can be named, not made.

const { notThere } = require('internal/not_there');

class WASI {
  constructor() {
    throw notThere('wasi.WASI');
  }
}

module.exports = { WASI };
