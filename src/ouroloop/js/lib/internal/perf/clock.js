'use strict';

// The clock of `performance`: ms as a float, since the process began. All is read when asked for.

const { preciseNow } = require('internal/timers');

const binding = internalBinding('performance');

/** When the process began, in ms since 1970. */
function timeOrigin() {
  return binding.timeOrigin();
}

/** When `name` was ('nodeStart', 'bootstrapComplete', 'loopStart' ...), in ms; -1 if it was not yet. */
function milestone(name) {
  return binding.milestones()[name] ?? -1;
}

/** How long the loop has slept. */
function loopIdleTime() {
  return binding.loopIdleTime();
}

/** How many turns the loop has begun, and of how many events its queue has told: in all, and without a wait. */
function loopMetrics() {
  const [loopCount, events, eventsWaiting] = binding.loopMetrics();
  return { loopCount, events, eventsWaiting };
}

module.exports = { now: preciseNow, timeOrigin, milestone, loopIdleTime, loopMetrics };
