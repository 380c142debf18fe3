'use strict';

// node:wasi: not there. The class can be named, not made.

const { notThere } = require('internal/not_there');
const { demand } = require('internal/process/permission');

class WASI {
  constructor() {
    demand('wasi');
    throw notThere('wasi.WASI');
  }
}

module.exports = { WASI };
