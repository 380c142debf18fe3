'use strict';

// monitorEventLoopDelay: a histogram of how far apart, in ns, the firings of a timer really are.
//
// The timer does not keep the process alive.

const { validateInteger, validateObject } = require('internal/validators');
const { codes: { ERR_INVALID_THIS } } = require('internal/errors');
const { Histogram, countsOf, kKey } = require('internal/histogram');
const { now } = require('internal/perf/clock');

class ELDHistogram extends Histogram {
  #resolution;
  #timer;

  constructor(key, resolution) {
    super(key, { lowest: 1, highest: 3_600_000_000_000, figures: 3 });
    this.#resolution = resolution;
  }

  enable() {
    if (!(#timer in this)) throw new ERR_INVALID_THIS('ELDHistogram');
    if (this.#timer !== undefined) return false;
    const counts = countsOf(this);
    let previous = now();
    this.#timer = require('timers').setInterval(() => {
      const time = now();
      counts.add(Math.max(1, Math.round((time - previous) * 1e6)));
      previous = time;
    }, this.#resolution).unref();
    return true;
  }

  disable() {
    if (!(#timer in this)) throw new ERR_INVALID_THIS('ELDHistogram');
    if (this.#timer === undefined) return false;
    require('timers').clearInterval(this.#timer);
    this.#timer = undefined;
    return true;
  }

  [Symbol.dispose]() {
    this.disable();
  }
}

function monitorEventLoopDelay(options = {}) {
  validateObject(options, 'options');
  const { resolution = 10 } = options;
  validateInteger(resolution, 'options.resolution', 1);
  return new ELDHistogram(kKey, resolution);
}

module.exports = { monitorEventLoopDelay };
