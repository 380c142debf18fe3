'use strict';

// How long each `require` takes: to standard error with NODE_DEBUG=module_timer, and as trace events.

const { debuglog } = require('internal/util/debuglog');
const traceEvents = require('internal/trace_events');

const CATEGORY = 'node.module_timer';
const log = debuglog('module_timer');

const isOn = () => log.enabled || traceEvents.isOn(CATEGORY);

/** Loads by `load`, for the module `parent`, which asked for `id`. */
function measure(parent, id, load) {
  const began = performance.now();
  try {
    return traceEvents.isOn(CATEGORY) ? traceEvents.span(CATEGORY, `require('${id}')`, load) : load();
  } finally {
    if (log.enabled) {
      const { formatTime } = require('internal/console/stopwatch');
      process._rawDebug(`MODULE_TIMER ${process.pid} [${parent.id}] [${id}]: ${formatTime(performance.now() - began)}`);
    }
  }
}

module.exports = { isOn, measure };
