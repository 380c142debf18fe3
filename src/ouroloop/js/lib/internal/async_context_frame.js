'use strict';

// The async context frame: which AsyncLocalStorage stores hold what, at this point of the program.
//
// Theory of operation. A frame is a Map from storage to store; to change one, a new one is made. The current one lies
// in V8's continuation-preserved embedder data, which V8 itself carries across `await` and promise reactions.
// Everything the runtime schedules takes `current()` when it is scheduled and brings it back with `exchange` when it
// runs.
//
// What surprises people: until a program first puts something into an AsyncLocalStorage, there is no frame, V8 is
// never asked, and all of this costs a test of a flag.

const natives = internalBinding('util');

let active = false;

class AsyncContextFrame extends Map {}

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

/** Call `callback` with `frame` as the current one. */
function runIn(frame, callback) {
  const outer = exchange(frame);
  try {
    return callback();
  } finally {
    exchange(outer);
  }
}

/** A frame like `frame`, but for what `storage` holds. From now on there are frames. */
function derive(frame, storage, store) {
  active = true;
  return new AsyncContextFrame(frame).set(storage, store);
}

/** Take a store out of the current frame: for all that shares the frame, and in a way that `run` notices. */
function forget(storage) {
  const frame = current();
  if (frame?.delete(storage)) set(new AsyncContextFrame(frame));
}

module.exports = { current, set, exchange, runIn, derive, forget };
