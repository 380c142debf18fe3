'use strict';

// node:test/reporters: the ways in which the results of tests can be told.

const { notThere } = require('internal/not_there');

function lcov() {
  throw notThere('The lcov reporter');
}

function spec(...args) {
  const SpecReporter = require('internal/test_runner/reporter/spec');
  return new SpecReporter(...args);
}

module.exports = {};

for (const name of ['dot', 'junit', 'tap']) {
  Object.defineProperty(module.exports, name, {
    __proto__: null,
    configurable: true,
    enumerable: true,
    get: () => require(`internal/test_runner/reporter/${name}`),
  });
}

// Both may also be called with `new`.
for (const [name, value] of Object.entries({ spec, lcov })) {
  Object.defineProperty(module.exports, name, { __proto__: null, configurable: true, enumerable: true, value });
}
