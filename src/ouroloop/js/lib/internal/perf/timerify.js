'use strict';

// timerify: a function that does what another does, and tells observers (and a histogram) how long each call took.

const { codes: { ERR_INVALID_ARG_TYPE } } = require('internal/errors');
const { validateFunction, validateObject } = require('internal/validators');
const { kEmptyObject } = require('internal/util');
const { PerformanceNodeEntry } = require('internal/perf/performance_entry');
const { enqueue, hasObserver } = require('internal/perf/observe');
const { now } = require('internal/perf/clock');
const { RecordableHistogram } = require('internal/histogram');

function finish(name, start, args, histogram) {
  const duration = now() - start;
  histogram?.record(Math.max(1, Math.ceil(duration * 1e6)));
  if (!hasObserver('function')) return;
  const entry = new PerformanceNodeEntry(name, 'function', start, duration, args);
  for (let i = 0; i < args.length; i++) entry[i] = args[i];
  enqueue(entry);
}

function timerify(fn, options = kEmptyObject) {
  validateFunction(fn, 'fn');
  validateObject(options, 'options');
  const { histogram } = options;
  if (histogram !== undefined && !(histogram instanceof RecordableHistogram)) {
    throw new ERR_INVALID_ARG_TYPE('options.histogram', 'RecordableHistogram', histogram);
  }
  function timerified(...args) {
    const start = now();
    const result = new.target ? Reflect.construct(fn, args, fn) : Reflect.apply(fn, this, args);
    if (!new.target && typeof result?.finally === 'function') {
      return result.finally(() => finish(fn.name, start, args, histogram));
    }
    finish(fn.name, start, args, histogram);
    return result;
  }
  Object.defineProperties(timerified, {
    length: { __proto__: null, configurable: false, enumerable: true, value: fn.length, writable: false },
    name: { __proto__: null, configurable: false, enumerable: true, value: `timerified ${fn.name}`, writable: false },
  });
  return timerified;
}

module.exports = { timerify };
