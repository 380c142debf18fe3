'use strict';

// performance.nodeTiming: when the process reached what. Own accessors, so that a copy of the object keeps the times.

const { PerformanceEntry, kKey } = require('internal/perf/performance_entry');
const { loopIdleTime, loopMetrics, milestone, now } = require('internal/perf/clock');

const JSON_ORDER = ['nodeStart', 'v8Start', 'bootstrapComplete', 'environment', 'loopStart', 'loopExit'];

function constant(value) {
  return { __proto__: null, enumerable: true, configurable: true, value };
}

function accessor(get) {
  return { __proto__: null, enumerable: true, configurable: true, get };
}

class PerformanceNodeTiming extends PerformanceEntry {
  constructor() {
    super(kKey, 'node', 'node', 0, 0);
    Object.defineProperties(this, {
      name: constant('node'),
      entryType: constant('node'),
      startTime: constant(0),
      duration: accessor(now),
    });
    for (const name of ['nodeStart', 'v8Start', 'environment', 'loopStart', 'loopExit', 'bootstrapComplete']) {
      Object.defineProperty(this, name, accessor(() => milestone(name)));
    }
    Object.defineProperty(this, 'idleTime', accessor(loopIdleTime));
    Object.defineProperty(this, 'uvMetricsInfo', accessor(loopMetrics));
  }

  toJSON() {
    const json = { name: 'node', entryType: 'node', startTime: 0, duration: this.duration };
    for (const name of JSON_ORDER) json[name] = this[name];
    json.idleTime = this.idleTime;
    return json;
  }
}

module.exports = { PerformanceNodeTiming };
