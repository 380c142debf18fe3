'use strict';

// Queuing strategies, and the queue that they measure.
//
// A strategy says how much a chunk weighs and how much may wait. The total is a sum of floating-point numbers, so it
// may drift; it never goes below zero.

const { codes: { ERR_INVALID_ARG_VALUE, ERR_MISSING_OPTION } } = require('internal/errors');
const { customInspectSymbol } = require('internal/util');
const { kValidateObjectAllowObjects, validateFunction, validateObject } = require('internal/validators');
const { defineEnumerable, defineTag, inspectAs } = require('internal/util/class_looks');

// One function each for all strategies of a kind: the standard says that `size` is the same for all.
const byteLengthSize = Object.defineProperty((chunk) => chunk.byteLength, 'name', { value: 'size' });
const countSize = Object.defineProperty(() => 1, 'name', { value: 'size' });

function toHighWaterMark(init) {
  validateObject(init, 'init', kValidateObjectAllowObjects);
  if (init.highWaterMark === undefined) throw new ERR_MISSING_OPTION('init.highWaterMark');
  return +init.highWaterMark;
}

class ByteLengthQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark = toHighWaterMark(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    this.#highWaterMark; // eslint-disable-line no-unused-expressions
    return byteLengthSize;
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, 'ByteLengthQueuingStrategy', { highWaterMark: this.highWaterMark }, depth, options);
  }
}

class CountQueuingStrategy {
  #highWaterMark;

  constructor(init) {
    this.#highWaterMark = toHighWaterMark(init);
  }

  get highWaterMark() {
    return this.#highWaterMark;
  }

  get size() {
    this.#highWaterMark; // eslint-disable-line no-unused-expressions
    return countSize;
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, 'CountQueuingStrategy', { highWaterMark: this.highWaterMark }, depth, options);
  }
}

for (const Class of [ByteLengthQueuingStrategy, CountQueuingStrategy]) {
  defineEnumerable(Class, 'highWaterMark', 'size');
  defineTag(Class);
}

/** A strategy whose members have been read and checked. */
class Strategy {
  /** A function; undefined if every chunk counts as one. */
  size = undefined;
  #given = undefined;
  #size = undefined;

  constructor(strategy) {
    if (strategy === undefined || strategy === null) return;
    validateObject(strategy, 'strategy', kValidateObjectAllowObjects);
    const { highWaterMark, size } = strategy;
    if (size !== undefined) validateFunction(size, 'strategy.size');
    this.#given = highWaterMark;
    this.#size = size;
    if (size !== undefined && size !== countSize) this.size = (chunk) => Reflect.apply(size, undefined, [chunk]);
  }

  highWaterMark(otherwise) {
    const given = this.#given;
    if (given === undefined) return otherwise;
    if (Number.isNaN(+given) || given < 0) {
      throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.highWaterMark', given);
    }
    return +given;
  }

  /** Byte streams count bytes and nothing else. */
  refuseSize() {
    if (this.#size !== undefined) throw new ERR_INVALID_ARG_VALUE.RangeError('strategy.size', this.#size);
  }
}

/** First in, first out; `total` is what the chunks weigh together. */
class ChunkQueue {
  #entries = []; // chunk, size, chunk, size ...
  #head = 0;
  total = 0;

  get isEmpty() {
    return this.#head === this.#entries.length;
  }

  push(chunk, size) {
    const weight = +size;
    if (!(weight >= 0) || weight === Infinity) throw new ERR_INVALID_ARG_VALUE.RangeError('size', size);
    this.#entries.push(chunk, weight);
    this.total += weight;
  }

  peek() {
    return this.#entries[this.#head];
  }

  shift() {
    const entries = this.#entries;
    const chunk = entries[this.#head];
    const rest = this.total - entries[this.#head + 1];
    entries[this.#head] = undefined;
    this.#head += 2;
    if (this.#head === entries.length) this.#clear();
    else if (this.#head >= 1024 && this.#head * 2 >= entries.length) this.#compact();
    this.total = rest < 0 ? 0 : rest;
    return chunk;
  }

  #clear() {
    this.#entries.length = 0;
    this.#head = 0;
  }

  #compact() {
    this.#entries = this.#entries.slice(this.#head);
    this.#head = 0;
  }

  reset() {
    this.#clear();
    this.total = 0;
  }
}

module.exports = { ByteLengthQueuingStrategy, CountQueuingStrategy, ChunkQueue, Strategy };
