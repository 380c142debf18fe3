'use strict';

// Asynchronous operations of `fs` on the ring, with no Python in between (`natives/ring.py` has the theory).
//
// Theory of operation. Each function takes the number of a request and what Python's operation of the same name takes
// (`bindings/fs.py`), and does the same: it fills a slot and submits it. `deliver`, called by the loop, completes the
// requests that are done, in the order in which the kernel was done with them. While all slots are taken, calls stand
// in a line here. Where there is no ring (no machine code, or somebody looks at the loop), while the pool's threads are
// all busy with what takes long or its line has calls of `fs` that came before, and for a path that has no room in a
// slot, Python's operation is called.
//
// What surprises people: buffers go by their address; whoever asks keeps them until the request is complete.

const { Queue } = require('internal/process/task_queues');
const { complete } = require('internal/requests');
const calls = require('internal/fs/calls');

const { MOST, NOFOLLOW, putLong, writePath } = calls;
const binding = internalBinding('fs'); // Python's operations
const own = internalBinding('ring');

// Places in the memory, as `natives/ring.py` has them; in words of 32 bits.
const SUBMITTED = 16;
const FINISHED = 32;
const SLEEPING = 48;
const ATTENDED = 50;
const BUSY = 54;
const IN_FLIGHT = 55;
const FIRST_RING = 64;
const SLOTS = 256;
const SECOND_RING = FIRST_RING + SLOTS;
const FIRST_SLOT = 1024;
const SLOT_SIZE = 256;

// A slot: the call's number, its arguments, its result, of 64 bits each; then the path.
const RESULT = 14;
const PATH = 16;
const PATH_MAX = (SLOT_SIZE - PATH) * 4; // bytes

// The kernel's numbers on x86-64.
const READ = 0;
const WRITE = 1;
const OPEN = 2;
const CLOSE = 3;
const PREAD = 17;
const PWRITE = 18;
const ACCESS = 21;
const FSYNC = 74;
const FDATASYNC = 75;
const FTRUNCATE = 77;
const RENAME = 82;
const MKDIR = 83;
const RMDIR = 84;
const UNLINK = 87;
const STATX = 332;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS_AND_BTIME = 0xfff;
const O_CLOEXEC = 0o2000000;

let isOpen = false;
let words; // Int32Array
let bytes; // Uint8Array
let address;
let most = 0; // workers that there may be; 0 where there is no ring
let workers = 0;
let submitted = 0;
let delivered = 0;
let inFlight = 0;
const free = []; // slots
const requests = []; // slot -> the request's number
const answering = []; // slot -> whether the kernel's result is the answer: a descriptor, or how many bytes
const line = new Queue(); // calls for which there was no slot

function open() {
  isOpen = true;
  const memory = new ArrayBuffer((FIRST_SLOT + SLOTS * SLOT_SIZE) * 4);
  address = internalBinding('memory').address(memory);
  most = own.open(address);
  workers = Math.min(1, most); // the first is there from the start
  words = new Int32Array(memory);
  bytes = new Uint8Array(memory);
  for (let slot = SLOTS - 1; slot >= 0; slot--) free.push(slot);
}

/** Whether calls go by the ring now. */
function isUsable() {
  if (!isOpen) open();
  return words[BUSY] < most;
}

const placeOf = (slot) => FIRST_SLOT + slot * SLOT_SIZE;

function putArguments(at, call, first, second, third, fourth) {
  putLong(words, at, call);
  putLong(words, at + 2, first);
  putLong(words, at + 4, second);
  putLong(words, at + 6, third);
  putLong(words, at + 8, fourth);
}

/** Put a path behind what stands in the slot; where it lies in memory, or 0 if there is no room for it. */
function putPath(at, path, offset = 0) {
  const start = (at + PATH) * 4 + offset;
  return writePath(bytes, start, PATH_MAX - offset - 1, path) ? address + start : 0;
}

function submit(slot, request, isAnswered) {
  requests[slot] = request;
  answering[slot] = isAnswered;
  words[FIRST_RING + (submitted & SLOTS - 1)] = slot;
  submitted = submitted + 1 | 0;
  words[IN_FLIGHT] = ++inFlight;
  if (inFlight === 1) own.begin();
  Atomics.store(words, SUBMITTED, submitted);
  // A worker that was woken a moment ago still counts as asleep, and the call that it takes may wait: so as long as there
  // may be more workers, none is counted on twice.
  if (inFlight > workers && workers < most) startWorker();
  else if (Atomics.load(words, SLEEPING) > 0) wake();
}

function startWorker() {
  workers++;
  own.startWorker();
}

function wake() {
  calls.wake(address + SUBMITTED * 4);
}

/**
 * Called by the loop: complete what is done, by `take(request, errno, result)`. What is done meanwhile is for the next
 * turn: a program that asks again in each callback must not keep its timers from theirs.
 */
function deliver(take = complete) {
  if (!isOpen) return;
  Atomics.store(words, ATTENDED, 0);
  const end = Atomics.load(words, FINISHED);
  while (delivered !== end) {
    const at = SECOND_RING + (delivered & SLOTS - 1);
    const slot = Atomics.load(words, at) - 1;
    if (slot < 0) return; // not written yet: the worker that does will tell
    words[at] = 0;
    delivered = delivered + 1 | 0;
    const result = words[placeOf(slot) + RESULT];
    const request = requests[slot];
    const answer = answering[slot] ? result : null;
    free.push(slot);
    words[IN_FLIGHT] = --inFlight;
    while (!line.isEmpty() && free.length > 0) advance();
    if (result < 0) take(request, result, undefined);
    else take(request, 0, answer);
  }
}

/** A slot is free: the first in line takes it, whatever the pool is busy with by now. */
function advance() {
  const { begin, request, a, b, c, d } = line.shift();
  begin(request, a, b, c, d);
}

/** `operation(at, ...)` fills a slot and returns whether it could; otherwise Python does it. */
function onRing(name, operation, isAnswered = false) {
  const begin = (request, a, b, c, d) => {
    const slot = free.pop();
    if (operation(placeOf(slot), a, b, c, d)) {
      submit(slot, request, isAnswered);
      return;
    }
    free.push(slot);
    binding[name](request, a, b, c, d);
  };
  return (request, a, b, c, d) => {
    if (!isUsable()) binding[name](request, a, b, c, d);
    else if (free.length > 0) begin(request, a, b, c, d);
    else line.push({ begin, request, a, b, c, d });
  };
}

/** An operation on one path: `number(path, first, second)`. */
function onPath(name, number) {
  return onRing(name, (at, path, first = 0, second = 0) => {
    const place = putPath(at, path);
    if (place !== 0) putArguments(at, number, place, first, second, 0);
    return place !== 0;
  });
}

/** An operation on an open file: `number(fd, first)`. */
function onFile(name, number) {
  return onRing(name, (at, fd, first = 0) => {
    putArguments(at, number, fd, first, 0, 0);
    return true;
  });
}

function statting(name, flags) {
  return onRing(name, (at, path, target) => {
    const place = putPath(at, path);
    if (place === 0) return false;
    putArguments(at, STATX, AT_FDCWD, place, flags, STATX_BASIC_STATS_AND_BTIME);
    putLong(words, at + 10, target);
    return true;
  });
}

function transferring(name, here, there) {
  return onRing(name, (at, fd, target, length, position) => {
    putArguments(at, position < 0 ? here : there, fd, target, Math.min(length, MOST), position);
    return true;
  }, true);
}

const operations = {
  __proto__: null,
  accessAsync: onPath('accessAsync', ACCESS),
  openAsync: onRing('openAsync', (at, path, flags, mode) => {
    const place = putPath(at, path);
    if (place !== 0) putArguments(at, OPEN, place, flags | O_CLOEXEC, mode, 0);
    return place !== 0;
  }, true),
  closeAsync: onFile('closeAsync', CLOSE),
  statAsync: statting('statAsync', 0),
  lstatAsync: statting('lstatAsync', NOFOLLOW),
  fstatAsync: onRing('fstatAsync', (at, fd, target) => {
    putArguments(at, STATX, fd, putPath(at, ''), AT_EMPTY_PATH, STATX_BASIC_STATS_AND_BTIME);
    putLong(words, at + 10, target);
    return true;
  }),
  readAsync: transferring('readAsync', READ, PREAD),
  writeAsync: transferring('writeAsync', WRITE, PWRITE),
  unlinkAsync: onPath('unlinkAsync', UNLINK),
  rmdirAsync: onPath('rmdirAsync', RMDIR),
  mkdirAsync: onPath('mkdirAsync', MKDIR),
  renameAsync: onRing('renameAsync', (at, from, to) => {
    if (from.length >= PATH_MAX / 6) return false; // in UTF-8 it might reach into the second one
    const target = putPath(at, to, PATH_MAX / 2);
    if (target !== 0) putArguments(at, RENAME, putPath(at, from), target, 0, 0);
    return target !== 0;
  }),
  fsyncAsync: onFile('fsyncAsync', FSYNC),
  fdatasyncAsync: onFile('fdatasyncAsync', FDATASYNC),
  ftruncateAsync: onFile('ftruncateAsync', FTRUNCATE),
};

/** The operation of that name: on the ring if it can be there, or Python's. */
const ringOr = (name) => operations[name] ?? binding[name];

module.exports = { ...operations, deliver, isUsable, ringOr };
