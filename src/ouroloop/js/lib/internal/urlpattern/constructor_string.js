'use strict';

// A whole URL as a pattern (`https://*.example.com/:id?a=b`), cut into the patterns of its components.
//
// Theory of operation. The URL's own delimiters decide, as long as they are outside of groups and are not part of the
// pattern syntax. The standard's algorithm: one state for each component, and going back where one turns out to be
// another.

const { Component, Options, tokenize } = require('internal/urlpattern/pattern_string');
const { canonicalizeProtocol, SPECIAL_SCHEMES } = require('internal/urlpattern/canonicalize');

const BEFORE_HOSTNAME = ['protocol', 'authority', 'username', 'password'];
const AFTER_HOSTNAME = ['port', 'pathname', 'search', 'hash'];
const BEFORE_PATHNAME = [...BEFORE_HOSTNAME, 'hostname', 'port'];
const BEFORE_SEARCH = [...BEFORE_PATHNAME, 'pathname'];
const PLAIN_TOKENS = ['char', 'escaped-char', 'invalid-char'];
const ENDS_IN_PATTERN = ['name', 'regexp', 'close', 'asterisk'];

class ConstructorStringParser {
  constructor(input) {
    this.input = input;
    this.tokens = tokenize(input, true);
    this.result = {};
    this.state = 'init';
    this.start = 0; // of the component
    this.index = 0;
    this.step = 1;
    this.groupDepth = 0;
    this.bracketDepth = 0;
    this.isSpecial = false; // the protocol may be a special scheme
  }

  run() {
    for (; this.index < this.tokens.length && this.state !== 'done'; this.index += this.step) {
      this.step = 1;
      const { type } = this.tokens[this.index];
      if (type === 'end') this.#end();
      else if (type === 'open') this.groupDepth++;
      else if (this.groupDepth > 0) this.groupDepth -= Number(type === 'close');
      else this[this.state]();
    }
    if (this.result.hostname !== undefined) this.result.port ??= '';
    return this.result;
  }

  #end() {
    if (this.state === 'init') {
      this.#rewind('init');
      if (this.#is('#')) this.#change('hash', 1);
      else if (this.#isSearchPrefix()) this.#change('search', 1);
      else this.#change('pathname', 0);
    } else if (this.state === 'authority') {
      this.#rewind('hostname');
    } else {
      this.#change('done', 0);
    }
  }

  #rewind(state) {
    this.index = this.start;
    this.step = 0;
    this.state = state;
  }

  #change(state, skip) {
    const { result } = this;
    const from = this.state;
    if (from !== 'init' && from !== 'authority') result[from] = this.#text();
    if (from !== 'init' && state !== 'done') {
      if (BEFORE_HOSTNAME.includes(from) && AFTER_HOSTNAME.includes(state)) result.hostname ??= '';
      if (BEFORE_PATHNAME.includes(from) && ['search', 'hash'].includes(state)) {
        result.pathname ??= this.isSpecial ? '/' : '';
      }
      if (BEFORE_SEARCH.includes(from) && state === 'hash') result.search ??= '';
    }
    this.state = state;
    this.index += skip;
    this.start = this.index;
    this.step = 0;
  }

  #tokenAt(index) {
    return this.tokens[Math.min(index, this.tokens.length - 1)];
  }

  #text() {
    return this.input.slice(this.#tokenAt(this.start).index, this.tokens[this.index].index);
  }

  #is(character, index = this.index) {
    const { type, value } = this.#tokenAt(index);
    return value === character && PLAIN_TOKENS.includes(type);
  }

  /** A question mark that is no modifier. */
  #isSearchPrefix() {
    if (this.#is('?')) return true;
    if (this.tokens[this.index].value !== '?') return false;
    return this.index === 0 || !ENDS_IN_PATTERN.includes(this.tokens[this.index - 1].type);
  }

  #changeAtSearchOrHash() {
    if (this.#isSearchPrefix()) this.#change('search', 1);
    else if (this.#is('#')) this.#change('hash', 1);
  }

  // The states

  init() {
    if (this.#is(':')) this.#rewind('protocol');
  }

  protocol() {
    if (!this.#is(':')) return;
    const component = new Component(this.#text(), canonicalizeProtocol, new Options());
    this.isSpecial = SPECIAL_SCHEMES.some((scheme) => component.matches(scheme));
    const hasSlashes = this.#is('/', this.index + 1) && this.#is('/', this.index + 2);
    if (hasSlashes) this.#change('authority', 3);
    else this.#change(this.isSpecial ? 'authority' : 'pathname', 1);
  }

  authority() {
    if (this.#is('@')) this.#rewind('username');
    else if (this.#is('/') || this.#isSearchPrefix() || this.#is('#')) this.#rewind('hostname');
  }

  username() {
    if (this.#is(':')) this.#change('password', 1);
    else if (this.#is('@')) this.#change('hostname', 1);
  }

  password() {
    if (this.#is('@')) this.#change('hostname', 1);
  }

  hostname() {
    if (this.#is('[')) this.bracketDepth++;
    else if (this.#is(']')) this.bracketDepth--;
    else if (this.#is(':') && this.bracketDepth === 0) this.#change('port', 1);
    else this.port();
  }

  port() {
    if (this.#is('/')) this.#change('pathname', 0);
    else this.#changeAtSearchOrHash();
  }

  pathname() {
    this.#changeAtSearchOrHash();
  }

  search() {
    if (this.#is('#')) this.#change('hash', 1);
  }

  hash() {}
}

/** An object with a pattern for each component that the string says something of. */
function parseConstructorString(input) {
  return new ConstructorStringParser(input).run();
}

module.exports = { parseConstructorString };
