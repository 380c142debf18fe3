'use strict';

// fs/promises: files, by promises. All of it is in `internal/fs/promises`.

module.exports = require('internal/fs/promises').exports;
