'use strict';

// `path.posix` under a name of its own; the two flavours are put together in `path`.

module.exports = require('path').posix;
