'use strict';

// The monotonic clock, as the kernel tells it.
//
// Theory of operation. A native has clock_gettime(2) write seconds and nanoseconds into memory that lies here; no
// Python runs meanwhile (`natives/clock.py`). Reading it and using what was read are two steps, so that nothing is made
// for the garbage collector.

const native = internalBinding('clock');

// Places in the frame: words of 64 bits, whose lower half comes first.
const SECONDS = 2;
const NANOSECONDS = 4;

const frame = new ArrayBuffer(24);
const words = new Int32Array(frame);
let isShared = false;

/** Read the clock; `seconds` and `nanoseconds` tell what it said. */
function read() {
  if (!isShared) share();
  native.readClock();
}

function share() {
  native.shareClock(frame);
  isShared = true;
}

const seconds = () => words[SECONDS];
const nanoseconds = () => words[NANOSECONDS];

module.exports = { read, seconds, nanoseconds };
