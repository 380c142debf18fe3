'use strict';
// `util.types` as a module of its own. The tests themselves are in internal/util/types.

module.exports = require('internal/util/types');
