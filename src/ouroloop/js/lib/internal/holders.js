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
const handles = require('internal/handles');
const requests = require('internal/requests');
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

function* all() {
  yield* timers.referencedTimers();
  yield* timers.referencedImmediates();
  yield* requests.underWay();
  yield* handles.opened();
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
    timers: Array.from(timers.referencedTimers(now), located),
    immediates: Array.from(timers.referencedImmediates(), located),
    requests: Array.from(requests.underWay(), located),
    handles: Array.from(handles.opened(), located),
  });
}

module.exports = { keepOrigins, tell };
