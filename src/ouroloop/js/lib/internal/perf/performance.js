'use strict';

// The `performance` object: clock, marks and measures, timeline. It is an EventTarget, for
// 'resourcetimingbufferfull'.

const { codes: { ERR_ILLEGAL_CONSTRUCTOR, ERR_INVALID_THIS, ERR_MISSING_ARGS } } = require('internal/errors');
const { customInspectSymbol, kEnumerableProperty } = require('internal/util');
const { Event, EventTarget, defineEventHandler, kTrustEvent } = require('internal/event_target');
const { kKey } = require('internal/perf/performance_entry');
const { inspectAs } = require('internal/util/class_looks');
const clock = require('internal/perf/clock');
const timeline = require('internal/perf/timeline');
const userTiming = require('internal/perf/usertiming');
const { PerformanceNodeTiming } = require('internal/perf/nodetiming');
const { eventLoopUtilization } = require('internal/perf/event_loop_utilization');
const { timerify } = require('internal/perf/timerify');

const FULL = 'resourcetimingbufferfull';

const asName = (name) => (name === undefined ? undefined : `${name}`);

class Performance extends EventTarget {
  #isPerformance = true;

  constructor(key) {
    if (key !== kKey) throw new ERR_ILLEGAL_CONSTRUCTOR();
    super();
  }

  static #check(value) {
    if (value !== Object(value) || !(#isPerformance in value)) throw new ERR_INVALID_THIS('Performance');
  }

  clearMarks(name = undefined) {
    Performance.#check(this);
    name = asName(name);
    userTiming.clearMarkTimes(name);
    timeline.clearMarks(name);
  }

  clearMeasures(name = undefined) {
    Performance.#check(this);
    timeline.clearMeasures(asName(name));
  }

  clearResourceTimings() {
    Performance.#check(this);
    timeline.clearResources();
  }

  getEntries() {
    Performance.#check(this);
    return timeline.getEntries();
  }

  getEntriesByName(name, type = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return timeline.getEntries(`${name}`, asName(type));
  }

  getEntriesByType(type) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('type');
    return timeline.getEntries(undefined, `${type}`);
  }

  mark(name, options = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return userTiming.mark(name, options);
  }

  measure(name, startOrMeasureOptions = undefined, endMark = undefined) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('name');
    return userTiming.measure(name, startOrMeasureOptions, endMark);
  }

  now() {
    Performance.#check(this);
    return clock.now();
  }

  setResourceTimingBufferSize(maxSize) {
    Performance.#check(this);
    if (arguments.length === 0) throw new ERR_MISSING_ARGS('maxSize');
    timeline.setResourceLimit(maxSize);
  }

  get timeOrigin() {
    Performance.#check(this);
    return clock.timeOrigin();
  }

  toJSON() {
    Performance.#check(this);
    return {
      nodeTiming: this.nodeTiming,
      timeOrigin: this.timeOrigin,
      eventLoopUtilization: eventLoopUtilization(),
    };
  }

  markResourceTiming(
    timingInfo, requestedUrl, initiatorType, global, cacheMode, bodyInfo, responseStatus, deliveryType = '',
  ) {
    const tellFull = () => this.dispatchEvent(new Event(FULL, { [kTrustEvent]: true }));
    return require('internal/perf/resource_timing').markResourceTiming(
      tellFull, timingInfo, requestedUrl, initiatorType, cacheMode, responseStatus, deliveryType);
  }

  [customInspectSymbol](depth, options) {
    return inspectAs(
      this, this.constructor.name, { nodeTiming: this.nodeTiming, timeOrigin: this.timeOrigin }, depth, options);
  }
}

for (const name of [
  'clearMarks', 'clearMeasures', 'clearResourceTimings', 'getEntries', 'getEntriesByName', 'getEntriesByType', 'mark',
  'measure', 'now', 'setResourceTimingBufferSize', 'timeOrigin', 'toJSON',
]) Object.defineProperty(Performance.prototype, name, kEnumerableProperty);

// What is Node's own is not enumerable.
const own = (value) => ({ __proto__: null, configurable: true, enumerable: false, writable: true, value });
Object.defineProperties(Performance.prototype, {
  eventLoopUtilization: own(eventLoopUtilization),
  nodeTiming: own(new PerformanceNodeTiming()),
  timerify: own(timerify),
  [Symbol.toStringTag]: { __proto__: null, configurable: true, value: 'Performance' },
});
defineEventHandler(Performance.prototype, FULL);

module.exports = { Performance, performance: new Performance(kKey) };
