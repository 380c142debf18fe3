'use strict';

// process: the global object of that name, as a module.

module.exports = process;
