'use strict';

// node:inspector/promises: as `inspector`, which is not there.

module.exports = { ...require('inspector') };
