'use strict';

// The collector's pauses, for who observes 'gc'.
//
// What surprises people: entries are made in the loop's next poll step, since nothing can be called while memory is
// collected; they keep no program going.

const handles = require('internal/handles');
const { PerformanceNodeEntry } = require('internal/perf/performance_entry');
const { enqueue } = require('internal/perf/observe');

const binding = internalBinding('performance');

const FIELDS = 4; // kind, flags, beginning, length

let handle = 0; // that is told of pauses

/** Make entries of the collector's pauses, or do so no longer. */
function watch(isWanted) {
  if (isWanted === (handle !== 0)) return;
  if (isWanted) {
    handle = handles.open(told, 'PERFORMANCEOBSERVER');
    if (!binding.watchCollector(handle)) throw require('internal/not_there').notThere('PerformanceObserver of gc');
  } else {
    binding.watchCollector(0);
    handles.close(handle);
    handle = 0;
  }
}

function told() {
  const pauses = binding.collectorPauses();
  for (let i = 0; i < pauses.length; i += FIELDS) {
    const [kind, flags, start, duration] = pauses.slice(i, i + FIELDS);
    enqueue(new PerformanceNodeEntry('gc', 'gc', start, duration, { kind, flags }));
  }
  return handles.NOTHING_CALLED;
}

module.exports = { watch };
