'use strict';

// The recorder: what JavaScript ran, when, and what had asked for it, for whoever looks (`ouro trace`).
//
// Theory of operation. It is a hook as `async_hooks` makes them: it is told when a resource is made, and before and
// after each of its callbacks. What it is told goes as six numbers into a ring, the oldest giving way to the newest;
// texts are kept once and go as numbers. Where a resource was made is kept as V8's raw stack, which costs a
// microsecond, and is read only when somebody wants the record (`take`). A run is one execution of a callback: the
// same server's handle runs a thousand times, so causes are runs, not resources.
//
// What surprises people: times are nanoseconds of the monotonic clock, as Python's `monotonic_ns` tells them, so that
// what both record lies on one line. And the stack of a promise's reaction is empty where the function goes on; it
// has the name of the function that awaited.

const hooks = require('internal/async_hooks');
const clock = require('internal/clock');

const FIELDS = 6; // kind, time, and up to four more
const TAKEN_FIELDS = FIELDS + 2; // and two places
const FRAMES = 16; // of a stack, of which those of core modules are left out
const NO_PLACE = -1;
const MAIN_RUN = 0;

// What the first number of a record says; the others: see xray/model.py.
const MADE = 1; // resource, type, run that made it, ms that it is to wait (of timers)
const ENTERED = 2; // run, resource, name of the function
const LEFT = 3; // run
const DESTROYED = 4; // resource
const SETTLED = 5; // resource
const WRITTEN = 6; // descriptor, text, run

let limit = 0; // of records; 0: nothing is recorded
let ring; // Float64Array
let stacks; // what was captured for each record
let count = 0; // of all records there were
let lastRun = MAIN_RUN;
let running = []; // runs, the innermost last
let texts = new Map(); // text -> number

function now() {
  clock.read();
  return clock.seconds() * 1e9 + clock.nanoseconds();
}

function record(kind, a, b = 0, c = 0, d = 0, stack = undefined) {
  const slot = count++ % limit;
  const at = slot * FIELDS;
  ring[at] = kind;
  ring[at + 1] = now();
  ring[at + 2] = a;
  ring[at + 3] = b;
  ring[at + 4] = c;
  ring[at + 5] = d;
  stacks[slot] = stack;
}

function numberOf(text) {
  let number = texts.get(text);
  if (number === undefined) texts.set(text, number = texts.size);
  return number;
}

/** V8's raw stack, without making text of it; undefined where the program does not let it be taken. */
function captured() {
  const { stackTraceLimit } = Error;
  const holder = {};
  try {
    Error.stackTraceLimit = FRAMES;
    Error.captureStackTrace(holder);
    Error.stackTraceLimit = stackTraceLimit;
  } catch {
    return undefined; // `Error` is frozen
  }
  return holder;
}

/** The name of the function that a resource's callback is, where that is known. */
function nameOf(resource) {
  const callback = resource?._onTimeout ?? resource?._onImmediate ?? resource?.callback;
  return typeof callback === 'function' && typeof callback.name === 'string' ? callback.name : '';
}

const currentRun = () => (running.length > 0 ? running[running.length - 1] : MAIN_RUN);

const hook = {
  [hooks.symbols.init](id, type, _, resource) {
    const wait = type === 'Timeout' ? resource._idleTimeout : 0;
    record(MADE, id, numberOf(type), currentRun(), wait, captured());
  },

  [hooks.symbols.before](id) {
    running.push(++lastRun);
    record(ENTERED, lastRun, id, numberOf(nameOf(hooks.executionAsyncResource())));
  },

  [hooks.symbols.after]() {
    record(LEFT, running.pop() ?? MAIN_RUN);
  },

  [hooks.symbols.destroy](id) {
    record(DESTROYED, id);
  },

  [hooks.symbols.promiseResolve](id) {
    record(SETTLED, id);
  },
};

/** Record from now on, and keep the last `most` records. */
function start(most) {
  limit = most;
  ring = new Float64Array(most * FIELDS);
  stacks = new Array(most);
  const handle = require('internal/handles').open(deliver, 'RECORDER');
  internalBinding('recorder').begin(handle);
  hooks.enable(hook);
  hooks.recorder = { leaveMain, written, deliver };
  record(ENTERED, MAIN_RUN, 1, numberOf(''));
}

/** The main program has run to its end; what it has asked for goes on. */
function leaveMain() {
  record(LEFT, MAIN_RUN);
}

/** The program's output: a chunk for a descriptor. */
function written(descriptor, chunk) {
  const text = typeof chunk === 'string' ? chunk : require('buffer').Buffer.from(chunk).toString();
  record(WRITTEN, descriptor, numberOf(text), currentRun());
}

/** The process ends, or somebody wants to see: hand over what was recorded. */
function deliver() {
  if (limit > 0) internalBinding('recorder').deliver(...take());
}

/** What was recorded: the ring's memory, oldest record first, and the texts and places that its numbers stand for. */
function take() {
  hooks.disable(hook);
  const kept = Math.min(count, limit);
  const first = count - kept;
  const numbers = new Float64Array(kept * TAKEN_FIELDS);
  const places = new Places();
  for (let i = 0; i < kept; i++) {
    const slot = (first + i) % limit;
    const target = i * TAKEN_FIELDS;
    numbers.set(ring.subarray(slot * FIELDS, (slot + 1) * FIELDS), target);
    [numbers[target + FIELDS], numbers[target + FIELDS + 1]] = places.ofStack(stacks[slot]);
  }
  limit = 0;
  hooks.recorder = undefined;
  return [numbers.buffer, JSON.stringify({ texts: [...texts.keys()], places: places.list, dropped: first })];
}

/** Places in the program's sources, each once. */
class Places {
  list = []; // [file, line, column, function]
  #known = new Map();

  /** The numbers of the program's innermost and outermost function on a stack. */
  ofStack(holder) {
    const sites = holder === undefined ? [] : sitesOf(holder).filter(isProgram);
    if (sites.length === 0) return [NO_PLACE, NO_PLACE];
    return [this.#number(sites[0]), this.#number(sites[sites.length - 1])];
  }

  #number(site) {
    const place = [
      site.getScriptNameOrSourceURL(), site.getLineNumber(), site.getColumnNumber(), site.getFunctionName() ?? '',
    ];
    const key = JSON.stringify(place);
    let number = this.#known.get(key);
    if (number === undefined) {
      number = this.list.push(place) - 1;
      this.#known.set(key, number);
    }
    return number;
  }
}

function isProgram(site) {
  const name = site.getScriptNameOrSourceURL();
  return typeof name === 'string' && name !== '' && !name.startsWith('node:');
}

/** V8 hands out call sites only through `Error.prepareStackTrace`, which is the program's to replace. */
function sitesOf(holder) {
  const { prepareStackTrace } = Error;
  try {
    Error.prepareStackTrace = (_, sites) => sites;
    return Array.isArray(holder.stack) ? holder.stack : [];
  } catch {
    return [];
  } finally {
    if (prepareStackTrace === undefined) delete Error.prepareStackTrace;
    else Error.prepareStackTrace = prepareStackTrace;
  }
}

module.exports = { start };
