'use strict';

// How much of the time the loop was busy, in all or between two earlier answers.

const { loopIdleTime, milestone, now } = require('internal/perf/clock');

function share(idle, active) {
  return { idle, active, utilization: active / (idle + active) };
}

function eventLoopUtilization(util1, util2) {
  const loopStart = milestone('loopStart');
  if (loopStart <= 0) return { idle: 0, active: 0, utilization: 0 };
  if (util2) return share(util1.idle - util2.idle, util1.active - util2.active);
  const idle = loopIdleTime();
  const active = now() - loopStart - idle;
  return util1 ? share(idle - util1.idle, active - util1.active) : share(idle, active);
}

module.exports = { eventLoopUtilization };
