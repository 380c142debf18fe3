'use strict';

// User Timing: marks, and measures between them (W3C User Timing Level 3).
//
// Only the time of the last mark of each name counts for measures. The names of the process's milestones ('nodeStart'
// ...) can be measured from and to, and cannot be marked.

const {
  codes: {
    ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, ERR_PERFORMANCE_INVALID_TIMESTAMP, ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS,
  },
} = require('internal/errors');
const { validateNumber, validateObject } = require('internal/validators');
const { kEnumerableProperty } = require('internal/util');
const { PerformanceEntry, kKey } = require('internal/perf/performance_entry');
const { milestone, now } = require('internal/perf/clock');

const MILESTONES = new Set([
  'nodeStart', 'v8Start', 'environment', 'loopStart', 'loopExit', 'bootstrapComplete',
]);

const times = new Map(); // name of a mark -> when it was

function clone(detail) {
  return detail == null ? null : require('internal/structured_clone').structuredClone(detail);
}

class PerformanceMark extends PerformanceEntry {
  #detail;

  constructor(name, options = undefined) {
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    name = `${name}`;
    if (MILESTONES.has(name)) throw new ERR_INVALID_ARG_VALUE('name', name);
    if (options != null) validateObject(options, 'options');
    const start = options?.startTime ?? now();
    validateNumber(start, 'startTime');
    if (start < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(start);
    super(kKey, name, 'mark', start, 0);
    this.#detail = clone(options?.detail);
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

class PerformanceMeasure extends PerformanceEntry {
  #detail;

  constructor(key, name, start, duration, detail) {
    super(key, name, 'measure', start, duration);
    this.#detail = detail;
  }

  get detail() {
    return this.#detail;
  }

  toJSON() {
    return { ...super.toJSON(), detail: this.#detail };
  }
}

for (const Class of [PerformanceMark, PerformanceMeasure]) {
  Object.defineProperties(Class.prototype, {
    [Symbol.toStringTag]: { __proto__: null, configurable: true, value: Class.name },
    detail: kEnumerableProperty,
  });
}

function keep(entry) {
  require('internal/perf/observe').enqueue(entry);
  require('internal/perf/timeline').add(entry);
  return entry;
}

function mark(name, options) {
  const made = new PerformanceMark(name, options);
  times.set(made.name, made.startTime);
  return keep(made);
}

/** When a mark, or a point given as a number, was. */
function timeOf(point) {
  if (typeof point === 'number') {
    if (point < 0) throw new ERR_PERFORMANCE_INVALID_TIMESTAMP(point);
    return point;
  }
  const name = `${point}`;
  if (MILESTONES.has(name)) return milestone(name);
  const time = times.get(name);
  if (time !== undefined) return time;
  const { DOMException } = require('internal/dom_exception');
  throw new DOMException(`The "${name}" performance mark has not been set`, 'SyntaxError');
}

/** The options of a measure, if it is called with an object that holds any; checked. */
function readOptions(value, endMark) {
  if (typeof value !== 'object' || value === null) return undefined;
  const { start, end, duration, detail } = value;
  if (start === undefined && end === undefined && duration === undefined && detail === undefined) return undefined;
  if (endMark !== undefined) throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS('endMark must not be specified');
  if (start !== undefined && end !== undefined && duration !== undefined) {
    throw new ERR_PERFORMANCE_MEASURE_INVALID_OPTIONS(
      'Must not have options.start, options.end, and options.duration specified');
  }
  return { start, end, duration, detail };
}

function endOf(options, endMark) {
  if (endMark !== undefined) return timeOf(endMark);
  if (options?.end !== undefined) return timeOf(options.end);
  if (options?.start !== undefined && options.duration !== undefined) return timeOf(options.start) + options.duration;
  return now();
}

function startOf(options, startMark, end) {
  if (typeof startMark === 'string') return timeOf(startMark);
  if (options?.start !== undefined) return timeOf(options.start);
  if (options?.duration !== undefined && options.end !== undefined) return end - options.duration;
  return 0;
}

function measure(name, startOrOptions, endMark) {
  if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
  const options = readOptions(startOrOptions, endMark);
  const end = endOf(options, endMark);
  const start = startOf(options, startOrOptions, end);
  return keep(new PerformanceMeasure(kKey, `${name}`, start, end - start, clone(options?.detail)));
}

function clearMarkTimes(name) {
  if (name === undefined) {
    times.clear();
    return;
  }
  if (MILESTONES.has(name)) throw new ERR_INVALID_ARG_VALUE('name', name);
  times.delete(name);
}

module.exports = { PerformanceMark, PerformanceMeasure, clearMarkTimes, mark, measure };
