'use strict';

// What keeps the process from ending, for `ouro why` and SIGUSR2 ("why does my program not exit?").
//
// Theory of operation. Timers, immediates, requests and handles are found where they stand; Python knows of each handle
// what it is, and whether it is active. Where they were made is known if `keepOrigins` was called before: that is then
// noted of each until it is gone, which is looked after whenever their number has doubled.
//
// What surprises people: it is the innermost function that counts which is no core module's, be it a package's. What
// core modules make by themselves, later, has the line of what they do it in: a server's connections have the server's.

const hooks = require('internal/async_hooks');
const { handles } = require('internal/handles');
const { requests } = require('internal/requests');
const timers = require('internal/timers');
const frames = require('internal/recorder/places');

const FIRST_LOOK = 1000; // origins that there may be before the first look

const NO_PLACE = -1;

let origins; // async id -> number of a place
const places = []; // [file, line, column, name of the function]
let nextLook = FIRST_LOOK;

const hook = {
  [hooks.symbols.noPromiseHook]: true,

  [hooks.symbols.init](id) {
    const place = frames.placeOfCaller();
    origins.set(id, place === NO_PLACE ? origins.get(hooks.executionAsyncId()) : place);
    if (origins.size > nextLook) forgetAllGoneBut(id);
  },
};

/** Note from now on where whatever may keep the process from ending is made. */
function keepOrigins() {
  origins = new Map();
  frames.start();
  hooks.enable(hook);
}

function forgetAllGoneBut(newest) {
  const alive = new Set([newest, hooks.executionAsyncId()]);
  for (const { asyncId } of all()) alive.add(asyncId);
  for (const id of origins.keys()) {
    if (!alive.has(id)) origins.delete(id);
  }
  nextLook = Math.max(FIRST_LOOK, 2 * origins.size);
}

// What is known of each

function factsOf(timer, callback, left) {
  const name = typeof callback === 'function' && typeof callback.name === 'string' ? callback.name : '';
  const asyncId = timer[timers.async_id_symbol];
  return { asyncId, name, duration: timer._idleTimeout, isRepeating: timer._repeat != null, left };
}

/** Timers that keep the loop going, and in how many ms from `time` they are due. */
function* referencedTimers(time = 0) {
  for (const list of timers.lists.values()) {
    for (let timer = list._idleNext; timer !== list; timer = timer._idleNext) {
      if (timer[timers.kRefed]) yield factsOf(timer, timer._onTimeout, timer._idleStart + list.duration - time);
    }
  }
}

function* referencedImmediates() {
  for (let immediate = timers.queue.head; immediate !== null; immediate = immediate._idleNext) {
    if (immediate[timers.kRefed]) yield factsOf(immediate, immediate._onImmediate);
  }
}

function* requestsUnderWay() {
  for (const request of requests) {
    if (request !== undefined) yield { asyncId: request.asyncId, type: request.type };
  }
}

function* referencedPorts() {
  for (const asyncId of require('internal/message_channel').holdingIds()) yield { asyncId };
}

function* openHandles() {
  for (const [number, { asyncId }] of handles) yield { number, asyncId };
}

function* all() {
  yield* referencedTimers();
  yield* referencedImmediates();
  yield* requestsUnderWay();
  yield* referencedPorts();
  yield* openHandles();
}

/** The file, line, column and name of the function in which something was made; null if nobody knows. */
function placeOf(asyncId) {
  places.push(...frames.news());
  return places[origins?.get(asyncId)] ?? null;
}

/** All that may keep the process from ending, as JSON: each with its place. Of handles, Python knows the rest. */
function tell() {
  const now = timers.now();
  const located = ({ asyncId, ...facts }) => ({ ...facts, place: placeOf(asyncId) });
  return JSON.stringify({
    timers: Array.from(referencedTimers(now), located),
    immediates: Array.from(referencedImmediates(), located),
    requests: Array.from(requestsUnderWay(), located),
    ports: Array.from(referencedPorts(), located),
    handles: Array.from(openHandles(), located),
  });
}

module.exports = { keepOrigins, tell };
