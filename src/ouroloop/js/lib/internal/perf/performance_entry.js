'use strict';

// PerformanceEntry, what all entries of the performance timeline are, and PerformanceNodeEntry, Node's own kind of
// it.
//
// Programs cannot make entries (but for marks): the constructor wants a key that only this runtime's modules have.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS } } = require('internal/errors');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');
const { inspectAs } = require('internal/util/class_looks');

const kKey = Symbol('constructor key');

class PerformanceEntry {
  #name;
  #entryType;
  #startTime;
  #duration;

  constructor(key, name, type, start, duration) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#name = name;
    this.#entryType = type;
    this.#startTime = start;
    this.#duration = duration;
  }

  static #check(value) {
    if (value !== Object(value) || !(#name in value)) throw new ERR_INVALID_THIS('PerformanceEntry');
  }

  get name() {
    PerformanceEntry.#check(this);
    return this.#name;
  }

  get entryType() {
    PerformanceEntry.#check(this);
    return this.#entryType;
  }

  get startTime() {
    PerformanceEntry.#check(this);
    return this.#startTime;
  }

  get duration() {
    PerformanceEntry.#check(this);
    return this.#duration;
  }

  toJSON() {
    PerformanceEntry.#check(this);
    return { name: this.#name, entryType: this.#entryType, startTime: this.#startTime, duration: this.#duration };
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, this.toJSON(), depth, options);
  }
}

for (const name of ['name', 'entryType', 'startTime', 'duration', 'toJSON']) {
  Object.defineProperty(PerformanceEntry.prototype, name, kEnumerableProperty);
}

/** An entry of Node's own types ('function', 'http' ...). */
class PerformanceNodeEntry extends PerformanceEntry {
  #detail;

  constructor(name, type, start, duration, detail) {
    super(kKey, name, type, start, duration);
    this.#detail = detail;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

module.exports = { PerformanceEntry, PerformanceNodeEntry, kKey };
