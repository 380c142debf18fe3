'use strict';

// The async context frame: which AsyncLocalStorage stores hold what, at this point of the program.
//
// Theory of operation. A frame is a Map from storage to store, never changed once made. The current one lies in V8's
// continuation-preserved embedder data, which V8 itself carries across `await` and promise reactions. Everything
// the runtime schedules takes `current()` when it is scheduled and brings it back with `exchange` when it runs.
//
// What surprises people: until a program makes its first AsyncLocalStorage, there is no frame, V8 is never asked, and all of this costs a test of
// a flag.

const natives = internalBinding('util');

let active = false;

/** From now on there may be frames. */
function activate() {
  active = true;
}

function current() {
  return active ? natives.getContinuationData() : undefined;
}

function set(frame) {
  if (active) natives.setContinuationData(frame);
}

/** Make `frame` the current one; what was current before. */
function exchange(frame) {
  if (!active) return undefined;
  const before = natives.getContinuationData();
  if (before !== frame) natives.setContinuationData(frame);
  return before;
}

module.exports = { activate, current, set, exchange };
