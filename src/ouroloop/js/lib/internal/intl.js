'use strict';

// Intl where V8 does not find ICU's data: there is no folder at all that a link to it can be put into.
//
// Most of Intl throws then. To tell a date in a language aborts the process, so what does that throws here.

const { codes: { ERR_FEATURE_UNAVAILABLE_ON_PLATFORM } } = require('internal/errors');

const OF_DATES = ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString'];

function refuse(owner, name, called) {
  function refused() {
    const error = new ERR_FEATURE_UNAVAILABLE_ON_PLATFORM(called);
    error.message = `${called} needs a folder that can be written: let OUROLOOP_CACHE name one`;
    throw error;
  }
  Object.defineProperty(refused, 'name', { __proto__: null, value: name, configurable: true });
  Object.defineProperty(owner, name, { __proto__: null, value: refused, writable: true, configurable: true });
}

function replaceWhatAborts() {
  refuse(Intl, 'DateTimeFormat', 'Intl.DateTimeFormat');
  for (const name of OF_DATES) refuse(Date.prototype, name, `Date.prototype.${name}`);
}

module.exports = { replaceWhatAborts };
