'use strict';

// navigator: a little of what browsers tell of themselves.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR } } = require('internal/errors');
const { kEnumerableProperty } = require('internal/util');

const key = Symbol('constructor key');
const PLATFORMS = { __proto__: null, linux: 'linux', darwin: 'MacIntel', win32: 'Win32' };

class Navigator {
  #languages;

  constructor(given) {
    if (given !== key) throw new ERR_ILLEGAL_CONSTRUCTOR();
  }

  get hardwareConcurrency() {
    return require('os').availableParallelism();
  }

  get language() {
    return Intl?.Collator().resolvedOptions().locale || 'en-US';
  }

  get languages() {
    this.#languages ??= Object.freeze([this.language]);
    return this.#languages;
  }

  get userAgent() {
    return `Node.js/${process.version.slice(1).split('.', 1)[0]}`;
  }

  get platform() {
    if (process.platform === 'linux') return `Linux ${require('os').machine()}`;
    return PLATFORMS[process.platform] ?? process.platform;
  }
}

Object.defineProperties(Navigator.prototype, {
  hardwareConcurrency: kEnumerableProperty,
  language: kEnumerableProperty,
  languages: kEnumerableProperty,
  userAgent: kEnumerableProperty,
  platform: kEnumerableProperty,
});

module.exports = { navigator: new Navigator(key), Navigator };
