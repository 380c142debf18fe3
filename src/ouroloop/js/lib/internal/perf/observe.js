'use strict';

// PerformanceObserver: being told of entries as they are made.
//
// Theory of operation. An entry is put into the buffer of each observer of its type; observers with something in
// their buffer are called in an immediate, all in one go. Whoever makes entries only for observers (`timerify`,
// `net`, `http`) asks `hasObserver(type)` first.

const {
  codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS },
} = require('internal/errors');
const { validateFunction, validateObject } = require('internal/validators');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');
const { PerformanceNodeEntry, kKey } = require('internal/perf/performance_entry');
const { inspectAs } = require('internal/util/class_looks');
const { now } = require('internal/perf/clock');

const SUPPORTED = Object.freeze(['dns', 'function', 'gc', 'http', 'mark', 'measure', 'net', 'resource']);

const observers = new Set();
const counts = new Map(); // type -> how many observe it
let pending = new Set(); // observers to be called

function hasObserver(type) {
  return counts.has(type);
}

function count(type, change) {
  const total = (counts.get(type) ?? 0) + change;
  if (total === 0) counts.delete(type);
  else counts.set(type, total);
  if (type === 'gc') require('internal/perf/collector').watch(total > 0);
}

function callPending() {
  const due = pending;
  pending = new Set();
  for (const dispatch of due) dispatch();
}

class PerformanceObserverEntryList {
  #entries;

  constructor(key, entries) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
    this.#entries = entries.sort((a, b) => a.startTime - b.startTime);
  }

  getEntries() {
    return this.#entries.slice();
  }

  getEntriesByType(type) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    type = `${type}`;
    return this.#entries.filter((entry) => entry.entryType === type);
  }

  getEntriesByName(name, type = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    return this.#entries.filter((entry) => entry.name === name && (type === undefined || entry.entryType === type));
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, this.#entries, depth, options);
  }
}

const SINGLE = 'single observation';
const MULTIPLE = 'multiple observations';

class PerformanceObserver {
  #callback;
  #types = new Set();
  #buffer = [];
  #mode;
  #dispatch;

  constructor(callback) {
    validateFunction(callback, 'callback');
    this.#callback = callback;
    this.#dispatch = () => {
      const entries = this.takeRecords();
      if (entries.length > 0) {
        Reflect.apply(this.#callback, this, [new PerformanceObserverEntryList(kKey, entries), this]);
      }
    };
  }

  /** Told by `enqueue` of every new entry. */
  static offer(observer, entry) {
    if (observer.#types.has(entry.entryType)) observer.#take([entry]);
  }

  static get supportedEntryTypes() {
    return SUPPORTED;
  }

  observe(options = {}) {
    validateObject(options, 'options');
    const { entryTypes, type, buffered } = options;
    if (entryTypes === undefined && type === undefined) {
      throw new ERR_MISSING_ARGS('options.entryTypes', 'options.type');
    }
    if (entryTypes != null && type != null) {
      throw new ERR_INVALID_ARG_VALUE(
        'options.entryTypes', entryTypes, 'options.entryTypes can not set with options.type together');
    }
    this.#setMode(type === undefined ? MULTIPLE : SINGLE);
    if (type === undefined) this.#observeAll(entryTypes);
    else this.#observeOne(type, buffered);
    if (this.#types.size > 0) observers.add(this);
    else this.disconnect();
  }

  disconnect() {
    for (const type of this.#types) count(type, -1);
    this.#types.clear();
    this.#buffer = [];
    this.#mode = undefined;
    observers.delete(this);
    pending.delete(this.#dispatch);
  }

  takeRecords() {
    const entries = this.#buffer;
    this.#buffer = [];
    return entries;
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(this, this.constructor.name, {
      connected: observers.has(this),
      pending: pending.has(this.#dispatch),
      entryTypes: [...this.#types],
      buffer: this.#buffer,
    }, depth, options);
  }

  #setMode(mode) {
    if (this.#mode !== undefined && this.#mode !== mode) {
      const { DOMException } = require('internal/dom_exception');
      throw new DOMException(`PerformanceObserver can not change to ${mode}`, 'InvalidModificationError');
    }
    this.#mode = mode;
  }

  #observeAll(types) {
    if (!Array.isArray(types)) throw new ERR_INVALID_ARG_TYPE('options.entryTypes', 'string[]', types);
    for (const type of this.#types) count(type, -1);
    this.#types.clear();
    for (const type of types) this.#addType(type);
  }

  #observeOne(type, buffered) {
    this.#addType(type);
    if (!buffered) return;
    const earlier = require('internal/perf/timeline').getEntries(undefined, type);
    if (earlier.length > 0) this.#take(earlier);
  }

  #addType(type) {
    if (!SUPPORTED.includes(type) || this.#types.has(type)) return;
    this.#types.add(type);
    count(type, 1);
  }

  #take(entries) {
    this.#buffer.push(...entries);
    if (pending.size === 0) require('timers').setImmediate(callPending);
    pending.add(this.#dispatch);
  }
}

const { offer } = PerformanceObserver;
delete PerformanceObserver.offer;

/** Tell observers of a new entry. */
function enqueue(entry) {
  if (!hasObserver(entry.entryType)) return;
  for (const observer of observers) offer(observer, entry);
}

// Entries that begin with one event and end with another (`net`, `dns`, `http`)

/** Note on `target`, under `key`, that something of `context.type` begins. */
function startPerf(target, key, context = {}) {
  target[key] = { ...context, startTime: now() };
}

function stopPerf(target, key, context = {}) {
  const begun = target[key];
  if (begun === undefined) return;
  target[key] = undefined;
  const detail = begun.detail || context.detail ? { ...begun.detail, ...context.detail } : undefined;
  enqueue(new PerformanceNodeEntry(begun.name, begun.type, begun.startTime, now() - begun.startTime, detail));
}

for (const [Class, names] of [
  [PerformanceObserverEntryList, ['getEntries', 'getEntriesByType', 'getEntriesByName']],
  [PerformanceObserver, ['observe', 'disconnect', 'takeRecords']],
]) {
  for (const name of names) Object.defineProperty(Class.prototype, name, kEnumerableProperty);
  Object.defineProperty(Class.prototype, Symbol.toStringTag, {
    __proto__: null, configurable: true, value: Class.name,
  });
}

module.exports = {
  PerformanceObserver, PerformanceObserverEntryList, enqueue, hasObserver, startPerf, stopPerf,
};
