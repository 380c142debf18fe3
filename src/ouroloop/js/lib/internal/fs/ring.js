'use strict';

// Asynchronous operations of `fs` on the ring, with no Python in between (`natives/ring.py` has the theory).
//
// Theory of operation. Each function takes the number of a request and what Python's operation of the same name takes
// (`bindings/fs.py`), and does the same: it fills a slot and submits it. `deliver`, called by the loop, completes the
// requests that are done, in the order in which the kernel was done with them. Meanwhile sleeping workers are woken
// only if all sleep, and at its end for what nobody has taken: those that are awake mostly take what the callbacks ask
// for, and to wake one costs more than a brief call. While all slots are taken, calls stand in a line here. Where
// there is no ring (no machine code, or somebody looks at the loop), while the pool's threads are all busy with what
// takes long or its line has calls of `fs` that came before, and for a path that has no room in a slot, Python's
// operation is called.
//
// What surprises people: buffers go by their address; whoever asks keeps them until the request is complete.

const { Queue } = require('internal/process/task_queues');
const { complete } = require('internal/requests');
const calls = require('internal/fs/calls');

const { MOST, NOFOLLOW, putLong, writePath } = calls;
const binding = internalBinding('fs'); // Python's operations
const own = internalBinding('ring');

// Places in the memory, as `natives/ring.py` has them; in words of 32 bits.
const TAKEN = 0;
const SUBMITTED = 16;
const FINISHED = 32;
const SLEEPING = 48;
const ATTENDED = 50;
const BUSY = 54;
const IN_FLIGHT = 55;
const LOOKING = 56;
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
const READV = 19;
const WRITEV = 20;
const RENAME = 82;
const MKDIR = 83;
const RMDIR = 84;
const LINK = 86;
const UNLINK = 87;
const SYMLINK = 88;
const CHMOD = 90;
const FCHMOD = 91;
const CHOWN = 92;
const FCHOWN = 93;
const LCHOWN = 94;
const PREADV = 295;
const PWRITEV = 296;
const STATX = 332;
const AT_FDCWD = -100;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS_AND_BTIME = 0xfff;
const O_CLOEXEC = 0o2000000;

let isOpen = false;
let words; // Int32Array
let bytes; // Buffer
let address;
let most = 0; // workers that there may be; 0 where there is no ring
let workers = 0;
let submitted = 0;
let delivered = 0;
let inFlight = 0;
let isDelivering = false;
const free = []; // slots
const requests = []; // slot -> the request's number
const conversions = []; // slot -> what makes the answer of the kernel's result; undefined if there is none
const line = new Queue(); // calls for which there was no slot

function open() {
  isOpen = true;
  const memory = new ArrayBuffer((FIRST_SLOT + SLOTS * SLOT_SIZE) * 4);
  address = internalBinding('memory').address(memory);
  most = own.open(address);
  workers = Math.min(1, most); // the first is there from the start
  words = new Int32Array(memory);
  bytes = require('buffer').Buffer.from(memory);
  for (let slot = SLOTS - 1; slot >= 0; slot--) free.push(slot);
}

/** Whether calls go by the ring now. */
function isUsable() {
  if (!isOpen) open();
  return words[BUSY] < most;
}

const placeOf = (slot) => FIRST_SLOT + slot * SLOT_SIZE;

/** Write an integer of at most 53 bits, as 64. */
const put = (at, value) => putLong(words, at, value);

function putArguments(at, call, first, second, third, fourth) {
  put(at, call);
  put(at + 2, first);
  put(at + 4, second);
  put(at + 6, third);
  put(at + 8, fourth);
}

/** Put a path behind what stands in the slot; where it lies in memory, or 0 if there is no room for it. */
function putPath(at, path, offset = 0) {
  const start = (at + PATH) * 4 + offset;
  return writePath(bytes, start, PATH_MAX - offset - 1, path) ? address + start : 0;
}

function submit(slot, request, conversion) {
  requests[slot] = request;
  conversions[slot] = conversion;
  words[FIRST_RING + (submitted & SLOTS - 1)] = slot;
  submitted = submitted + 1 | 0;
  words[IN_FLIGHT] = ++inFlight;
  if (inFlight === 1) own.begin();
  Atomics.store(words, SUBMITTED, submitted);
  if (isLookedFor()) return;
  if (isDelivering && Atomics.load(words, SLEEPING) < workers) return; // one that is awake may take it: see the end
  // A worker that was woken a moment ago still counts as asleep, and the call that it takes may wait: so as long as
  // there may be more workers, none is counted on twice.
  if (inFlight > workers && workers < most) startWorker();
  else if (Atomics.load(words, SLEEPING) > 0) wake(1);
}

/**
 * Whether there is one call that nobody has taken, and a worker that looks out for it. Asked in this order: one that
 * takes a call has ceased to look before.
 */
function isLookedFor() {
  return Atomics.load(words, TAKEN) === (submitted - 1 | 0) && Atomics.load(words, LOOKING) > 0;
}

function startWorker() {
  workers++;
  own.startWorker();
}

function wake(count) {
  calls.wake(address + SUBMITTED * 4, count);
}

/** See to it that a worker is awake for each call that nobody has taken yet, as far as there are workers. */
function callWorkers() {
  if (isLookedFor()) return;
  let waiting = submitted - Atomics.load(words, TAKEN) | 0;
  const sleeping = waiting > 0 ? Atomics.load(words, SLEEPING) : 0;
  if (sleeping > 0) wake(Math.min(waiting, sleeping));
  for (waiting -= sleeping; waiting > 0 && workers < most && inFlight > workers; waiting--) startWorker();
}

/**
 * Called by the loop: complete what is done, by `take(request, errno, result)`. What is done meanwhile is for the next
 * turn: a program that asks again in each callback must not keep its timers from theirs.
 */
function deliver(take = complete) {
  if (!isOpen) return;
  isDelivering = true;
  takeFinished(take);
  isDelivering = false;
  callWorkers();
}

function takeFinished(take) {
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
    const conversion = conversions[slot];
    const answer = conversion === undefined ? null : conversion.convert(result, placeOf(slot) * 4, bytes);
    free.push(slot);
    words[IN_FLIGHT] = --inFlight;
    while (!line.isEmpty() && free.length > 0) advance();
    if (answer === undefined) conversion.askPython(request);
    else if (result < 0) take(request, result, undefined);
    else take(request, 0, answer);
  }
}

/** What is asked for is the kernel's result itself: a descriptor, or how many bytes. */
const itself = { convert: (result) => result };

/** A slot is free: the first in line takes it, whatever the pool is busy with by now. */
function advance() {
  const { begin, request, a, b, c, d } = line.shift();
  begin(request, a, b, c, d);
}

/**
 * `operation(at, ...)` fills a slot and returns whether it could; otherwise Python does it. Where there is an answer,
 * it returns what makes that of the kernel's result: `convert(result, the slot's place in bytes, memory)`, or undefined
 * if `askPython(request)` must.
 */
function onRing(name, operation) {
  const begin = (request, a, b, c, d) => {
    const slot = free.pop();
    const filled = operation(placeOf(slot), a, b, c, d);
    if (filled) {
      submit(slot, request, filled === true ? undefined : filled);
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

/** An operation on two paths. */
function onPaths(name, number) {
  return onRing(name, (at, from, to) => {
    if (from.length >= PATH_MAX / 6) return false; // each unit has at most 3 bytes
    const source = putPath(at, from);
    const target = source === 0 ? 0 : putPath(at, to, PATH_MAX / 2);
    if (target !== 0) putArguments(at, number, source, target, 0, 0);
    return target !== 0;
  });
}

/** An operation on an open file: `number(fd, first, second)`. */
function onFile(name, number) {
  return onRing(name, (at, fd, first = 0, second = 0) => {
    putArguments(at, number, fd, first, second, 0);
    return true;
  });
}

/** Reads or writes of several pieces: [address, length, address, length ...] lie in the slot as the kernel has them. */
function vectored(name, here, there) {
  return onRing(name, (at, fd, pieces, position) => {
    if (pieces.length * 8 > PATH_MAX) return false;
    for (let index = 0; index < pieces.length; index++) put(at + PATH + index * 2, pieces[index]);
    putArguments(at, position < 0 ? here : there, fd, address + (at + PATH) * 4, pieces.length / 2, position);
    put(at + 10, 0); // the upper half of the position, on machines of 32 bits
    return itself;
  });
}

function statting(name, flags) {
  return onRing(name, (at, path, target) => {
    const place = putPath(at, path);
    if (place === 0) return false;
    putArguments(at, STATX, AT_FDCWD, place, flags, STATX_BASIC_STATS_AND_BTIME);
    put(at + 10, target);
    return true;
  });
}

function transferring(name, here, there) {
  return onRing(name, (at, fd, target, length, position) => {
    putArguments(at, position < 0 ? here : there, fd, target, Math.min(length, MOST), position);
    return itself;
  });
}

/** An operation that `internal/fs/answers` has. */
function loaded(name) {
  let operation;
  return onRing(name, (at, a, b, c) => {
    operation ??= require('internal/fs/answers')[name];
    return operation(at, a, b, c);
  });
}

const operations = {
  __proto__: null,
  accessAsync: onPath('accessAsync', ACCESS),
  openAsync: onRing('openAsync', (at, path, flags, mode) => {
    const place = putPath(at, path);
    if (place === 0) return false;
    putArguments(at, OPEN, place, flags | O_CLOEXEC, mode, 0);
    return itself;
  }),
  closeAsync: onFile('closeAsync', CLOSE),
  statAsync: statting('statAsync', 0),
  lstatAsync: statting('lstatAsync', NOFOLLOW),
  fstatAsync: onRing('fstatAsync', (at, fd, target) => {
    putArguments(at, STATX, fd, putPath(at, ''), AT_EMPTY_PATH, STATX_BASIC_STATS_AND_BTIME);
    put(at + 10, target);
    return true;
  }),
  readAsync: transferring('readAsync', READ, PREAD),
  writeAsync: transferring('writeAsync', WRITE, PWRITE),
  unlinkAsync: onPath('unlinkAsync', UNLINK),
  rmdirAsync: onPath('rmdirAsync', RMDIR),
  mkdirAsync: onPath('mkdirAsync', MKDIR),
  renameAsync: onPaths('renameAsync', RENAME),
  linkAsync: onPaths('linkAsync', LINK),
  symlinkAsync: onPaths('symlinkAsync', SYMLINK),
  chmodAsync: onPath('chmodAsync', CHMOD),
  fchmodAsync: onFile('fchmodAsync', FCHMOD),
  chownAsync: onPath('chownAsync', CHOWN),
  fchownAsync: onFile('fchownAsync', FCHOWN),
  lchownAsync: onPath('lchownAsync', LCHOWN),
  readvAsync: vectored('readvAsync', READV, PREADV),
  writevAsync: vectored('writevAsync', WRITEV, PWRITEV),
  readlinkAsync: loaded('readlinkAsync'),
  readdirAsync: loaded('readdirAsync'),
  readdirTypesAsync: loaded('readdirTypesAsync'),
  realpathNativeAsync: loaded('realpathNativeAsync'),
  statfsAsync: loaded('statfsAsync'),
  mkdtempAsync: loaded('mkdtempAsync'),
  utimesAsync: loaded('utimesAsync'),
  lutimesAsync: loaded('lutimesAsync'),
  futimesAsync: loaded('futimesAsync'),
  fsyncAsync: onFile('fsyncAsync', FSYNC),
  fdatasyncAsync: onFile('fdatasyncAsync', FDATASYNC),
  ftruncateAsync: onFile('ftruncateAsync', FTRUNCATE),
};

/** The operation of that name: on the ring if it can be there, or Python's. */
const ringOr = (name) => operations[name] ?? binding[name];

/** Where the room for paths lies in memory. */
const placeOfPath = (at) => address + (at + PATH) * 4;

module.exports = { ...operations, deliver, isUsable, placeOfPath, put, putArguments, putPath, ringOr };
