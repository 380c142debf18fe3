'use strict';

// The recorder: what JavaScript ran, when, and what had asked for it, for whoever looks (`ouro trace`).
//
// Theory of operation. It is told of each resource that it is made, and of each of its callbacks before and after it
// (`internal/async_hooks`); of promises V8 tells it. What it is told goes as seven numbers into a list, which Python
// gets whenever it is full (`xray/recorder.py`); texts and places in the sources are told once and then go as numbers.
// A run is one execution of a callback: the same server's handle runs a thousand times, so causes are runs, not
// resources.
//
// What surprises people: a program sees nothing of this. Places come from V8's own view of the stack, not from `Error`,
// and a promise's number stands in a private field, which no reflection shows. Times are nanoseconds of the monotonic
// clock, as Python's `monotonic_ns` tells them, so that what both record lies on one line.

const hooks = require('internal/async_hooks');
const clock = require('internal/clock');
const { Tick } = require('internal/process/task_queues');
const frames = require('internal/recorder/places');

const binding = internalBinding('recorder');

const FIELDS = 7; // kind, time, and up to five more
const ROOM = 4096; // records
const MOST_OUTPUT = 2 ** 20; // characters
const MAIN_RUN = 0;
const MAIN_RESOURCE = 1;
const NO_RUN = -1;
const NO_PLACE = -1;
const NO_DESCRIPTOR = -1; // Python finds it out
const NO_PROMISE = 0;
const MAIN_ORIGIN = { run: MAIN_RUN, place: NO_PLACE };

// What the first number of a record says. What the others are stands in xray/records.py, which Python reads them by.
const MADE = 1;
const ENTERED = 2;
const LEFT = 3;
const DESTROYED = 4;
const SETTLED = 5;
const STARTED = 6;
const CALLED = 7;
const CLOSING = 8;

let records; // Float64Array
let count = 0; // of records in it
let texts = []; // that Python has not been told of yet
let lasting = []; // likewise: what may call back long after it was made, with what MADE tells and a handle's number
let output = []; // likewise: [time, descriptor, text, run]
let outputSize = 0;
let details = []; // likewise: [resource, what it is about]
let sources = []; // likewise: [name, text] of what is in no file
const numbers = new Map(); // text -> number
let loopStart; // ms of the monotonic clock

let lastOwnId = 2 ** 32; // of what has no async id without a recorder; no program gets so far
let lastRun = MAIN_RUN;
let lastOuter = MAIN_RUN; // the last run that was in no other one
const runs = []; // that go on, the innermost last
const ids = []; // their resources
let known = NO_RUN; // a run of which it is known which function of the program's it is
let silence = 0;

function now() {
  clock.read();
  return clock.seconds() * 1e9 + clock.nanoseconds();
}

/** As `now`, where V8 may be about to throw: it does so at the end of whatever is called, and goes on all the same. */
function nowBeforeThrowing() {
  try {
    clock.read();
  } catch {
    // What V8 throws is not this function's business.
  }
  return clock.seconds() * 1e9 + clock.nanoseconds();
}

function record(kind, a, b = 0, c = 0, d = 0, place = NO_PLACE) {
  recordAt(now(), kind, a, b, c, d, place);
}

function recordAt(time, kind, a, b, c, d, place) {
  const at = count * FIELDS;
  records[at] = kind;
  records[at + 1] = time;
  records[at + 2] = a;
  records[at + 3] = b;
  records[at + 4] = c;
  records[at + 5] = d;
  records[at + 6] = place;
  if (++count === ROOM) deliver();
}

function numberOf(text) {
  let number = numbers.get(text);
  if (number === undefined) {
    numbers.set(text, number = numbers.size);
    texts.push(text);
  }
  return number;
}

/** The run in which something happens; what no callback does is put down to the last one. */
const currentRun = () => (runs.length > 0 ? runs[runs.length - 1] : lastOuter);

function begin(id, place, time = now()) {
  runs.push(++lastRun);
  ids.push(id);
  if (place !== NO_PLACE && !frames.isCore(place)) known = lastRun;
  recordAt(time, ENTERED, lastRun, id, NO_DESCRIPTOR, 0, place);
}

/** When a tick begins: when that ended which it is drained after, for there is nothing between them. */
function startOfTick() {
  const last = (count - 1) * FIELDS;
  return count > 0 && records[last] === LEFT ? records[last + 1] : now();
}

/** The last run of a resource is over, and whatever was begun in it and not ended. */
function left(id) {
  const last = ids.length - 1;
  const index = ids[last] === id ? last : ids.lastIndexOf(id);
  if (index >= 0) leaveTo(index);
}

function leaveTo(depth) {
  while (runs.length > depth) {
    ids.pop();
    const run = runs.pop();
    if (runs.length === 0) lastOuter = run;
    record(LEFT, run);
  }
}

function leftAll() {
  leaveTo(0);
}

// Promises

/** Puts a private field on any object. */
class Mark extends (class {
  constructor(target) {
    return target;
  }
}) {
  #id;

  constructor(promise, id) {
    super(promise);
    this.#id = id;
  }

  static of(promise) {
    return #id in promise ? promise.#id : NO_PROMISE;
  }
}

const promiseCallbacks = {
  __proto__: null,

  init(promise, parent) {
    if (silence > 0) return;
    const time = nowBeforeThrowing();
    const id = ++lastOwnId;
    new Mark(promise, id);
    const waitsFor = parent === undefined ? NO_PROMISE : Mark.of(parent);
    recordAt(time, MADE, id, numberOf('PROMISE'), currentRun(), waitsFor, frames.placeOfCaller());
  },

  before(promise) {
    const id = Mark.of(promise);
    if (id !== NO_PROMISE) begin(id, NO_PLACE);
  },

  after(promise) {
    const id = Mark.of(promise);
    if (id !== NO_PROMISE) left(id);
  },

  settled(promise) {
    const id = Mark.of(promise);
    if (id !== NO_PROMISE) recordAt(nowBeforeThrowing(), SETTLED, id, currentRun(), 0, 0, NO_PLACE);
  },
};

// What core modules tell. They reach it as `recorder` of `internal/async_hooks`, if anybody records.

const recorder = {
  __proto__: null,

  made(id, type, resource) {
    const isTimer = type === 'Timeout';
    const wait = isTimer ? resource._idleTimeout : 0;
    const place = frames.placeOfCaller();
    record(MADE, id, numberOf(type), currentRun(), wait, place);
    if (isTimer && resource._repeat !== null) lasting.push([id, type, now(), currentRun(), wait, place, 0]);
  },

  entered(id, resource) {
    if (resource instanceof Tick) begin(id, frames.placeOfFunction(resource.callback), startOfTick());
    else begin(id, frames.placeOfFunction(resource?._onTimeout ?? resource?._onImmediate ?? resource?.callback));
  },

  left,
  leftAll,

  destroyed(id) {
    record(DESTROYED, id, currentRun());
  },

  /** A timer was started, or started again: by the loop's clock, whose ms count from when it began. */
  started(id, due, isRepeated) {
    record(STARTED, id, (loopStart + due) * 1e6, currentRun(), isRepeated ? 1 : 0);
  },

  /** A function is called in the run that goes on; only the program's are of interest, and of these the first. */
  called(callback) {
    const run = currentRun();
    if (run === known) return;
    let place = frames.placeOfFunction(callback);
    if (place === NO_PLACE) return;
    if (frames.isCore(place) && typeof callback.listener === 'function') { // of `once`
      place = frames.placeOfFunction(callback.listener);
    }
    if (place === NO_PLACE || frames.isCore(place)) return;
    record(CALLED, run, 0, 0, 0, place);
    known = run;
  },

  /** The run that goes on is the body of an ES module. */
  evaluates(url) {
    const run = currentRun();
    if (run === known || frames.isCoreFile(url)) return;
    record(CALLED, run, 0, 0, 0, frames.placeOfModule(url));
    known = run;
  },

  /** A handle was made; Python knows it by another number. */
  opened(id, type, number) {
    lasting.push([id, type, now(), currentRun(), 0, frames.placeOfCaller(), number]);
  },

  closing(id) {
    record(CLOSING, id, currentRun());
  },

  /** What a resource is about: a signal's name, a command, a path, a host. */
  about(id, text) {
    details.push([id, text]);
  },

  /** As `about`, of a handle. */
  describe(number, text) {
    recorder.about(require('internal/handles').asyncId(number), text);
  },

  /** A socket has an address now, or a peer; Python knows it by its number. */
  located(handle) {
    details.push([handle.getAsyncId(), binding.describe(handle.number)]);
  },

  /** The text of a program that is in no file. */
  hasSource(name, text) {
    sources.push([name, text]);
  },

  /** The program's output: a chunk for a descriptor. */
  written(descriptor, chunk) {
    const text = typeof chunk === 'string' ? chunk : require('buffer').Buffer.from(chunk).toString();
    output.push([now(), descriptor, text, currentRun()]);
    outputSize += text.length;
    if (output.length === ROOM || outputSize > MOST_OUTPUT) deliver();
  },

  /** A microtask that is no resource to the program: what V8 is to call in its place. */
  microtask(callback) {
    const id = ++lastOwnId;
    record(MADE, id, numberOf('Microtask'), currentRun(), 0, frames.placeOfCaller());
    return () => {
      begin(id, frames.placeOfFunction(callback));
      try {
        callback();
      } finally {
        left(id);
      }
    };
  },

  /** Call something that the program has nothing to do with: of its promises nothing is recorded. */
  silently(callback) {
    silence++;
    try {
      return callback();
    } finally {
      silence--;
    }
  },

  /** Where the program is now, for an event that is to be told later. */
  origin() {
    return { run: currentRun(), place: frames.placeOfCaller() };
  },

  /** The process emits an event of its own ('exit', 'unhandledRejection'); `origin`: what it is due to. */
  emits(name, emit, { run, place } = MAIN_ORIGIN) {
    const id = ++lastOwnId;
    record(MADE, id, numberOf(name), run, 0, place);
    begin(id, NO_PLACE);
    try {
      return emit();
    } finally {
      left(id);
    }
  },

  deliver,
};

/** Record from now on. `start` is when the loop began, in ms of the monotonic clock. */
function start(loopStarted) {
  loopStart = loopStarted;
  records = new Float64Array(ROOM * FIELDS);
  frames.start();
  const handle = require('internal/handles').open(deliver, 'RECORDER', undefined, ++lastOwnId);
  require('internal/promise_hooks').createHook(promiseCallbacks);
  hooks.record(recorder);
  binding.begin(handle, internalBinding('memory').address(records.buffer), records.byteLength);
  runs.push(MAIN_RUN);
  ids.push(MAIN_RESOURCE);
  record(ENTERED, MAIN_RUN, MAIN_RESOURCE, NO_DESCRIPTOR);
}

/** A program may have a say in how every object becomes JSON (`Object.prototype.toJSON`); these are none of its. */
function withoutPrototypes(list) {
  if (!Array.isArray(list)) return;
  list.forEach(withoutPrototypes);
  Object.setPrototypeOf(list, null);
}

/**
 * Hand over what was recorded since the last time: it lies in memory that Python sees; and the texts and places that
 * its numbers stand for.
 */
function deliver() {
  const size = count * FIELDS;
  const places = frames.news();
  if ('toJSON' in texts) [texts, lasting, output, details, sources, places].forEach(withoutPrototypes);
  const tables = JSON.stringify({ __proto__: null, texts, lasting, output, details, sources, places });
  count = 0;
  texts = [];
  lasting = [];
  output = [];
  outputSize = 0;
  details = [];
  sources = [];
  binding.deliver(size, tables);
}

module.exports = { start };
