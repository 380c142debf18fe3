'use strict';

// Rejections that nobody handles.
//
// Theory of operation. V8 tells when a promise is rejected without a handler, and when it gets one later. Both are
// noted; once ticks and microtasks are through, `processRejections` decides: a rejection that is still without a
// handler is told to the program ('unhandledRejection') or ends it, by the mode that --unhandled-rejections names;
// one that was reported and got its handler afterwards is told as 'rejectionHandled'.

const { getOptionValue } = require('internal/options');
const frames = require('internal/async_context_frame');
const hooks = require('internal/async_hooks');
const traceEvents = require('internal/trace_events');
const { warnOnce } = require('internal/util');

const natives = internalBinding('errors');

const WITHOUT_HANDLER = 0;
const HANDLED_LATER = 1;
const REJECTED_AGAIN = 2;
const RESOLVED_AGAIN = 3;

const CATEGORY = 'node.promises.rejections';

const pending = new Map(); // promise -> { reason, id, frame, domain, origin }
const undecided = new Set(); // promises that are being gone through
const handledLate = [];
const reported = new WeakMap(); // promise -> id
const counts = { unhandled: 0, handledAfter: 0 }; // for the trace
let lastId = 0;

function onRejection(event, promise, reason) {
  if (traceEvents.isOn(CATEGORY)) count(event);
  if (event === WITHOUT_HANDLER) {
    const origin = hooks.recorder?.origin();
    pending.set(promise, { reason, id: ++lastId, frame: frames.current(), domain: process.domain, origin });
    return;
  }
  if (event === HANDLED_LATER) {
    if (pending.delete(promise) || undecided.delete(promise)) return;
    const id = reported.get(promise);
    if (id === undefined) return;
    reported.delete(promise);
    handledLate.push({ promise, id, origin: hooks.recorder?.origin() });
    return;
  }
  if (event === REJECTED_AGAIN) multipleResolves('reject', promise, reason);
  else if (event === RESOLVED_AGAIN) multipleResolves('resolve', promise, reason);
}

/** `onRejection` threw, or could not even be called. That is told, and what it missed is made up for. */
function onMissedRejection([event, promise, reason, exception, place]) {
  const { arrowOf } = require('internal/process/report_error');
  process._rawDebug(`Exception in PromiseRejectCallback:\n${arrowOf(place)}\n${describe(exception)}\n`);
  onRejection(event, promise, reason);
}

function count(event) {
  if (event === WITHOUT_HANDLER) counts.unhandled++;
  else if (event === HANDLED_LATER) counts.handledAfter++;
  else return;
  traceEvents.emit('C', CATEGORY, 'rejections', { ...counts });
}

function multipleResolves(type, promise, reason) {
  if (process.listenerCount('multipleResolves') === 0) return;
  process.nextTick(() => {
    warnOnce('DEP0160', 'The multipleResolves event has been deprecated.', 'DeprecationWarning', 'DEP0160');
    process.emit('multipleResolves', type, promise, reason);
  });
}

function arePending() {
  return pending.size > 0 || handledLate.length > 0;
}

/** Tell the program; whoever records is told too, and what it is due to. */
const told = (event, tell, origin) => (origin === undefined ? tell() : hooks.recorder.emits(event, tell, origin));

/** Decide on all that was noted. Whether anything was, so that the queues are to be looked at again. */
function processRejections() {
  let acted = handledLate.length > 0;
  while (handledLate.length > 0) {
    const { promise, id, origin } = handledLate.shift();
    if (!told('rejectionHandled', () => process.emit('rejectionHandled', promise), origin)) {
      const warning = new Error(`Promise rejection was handled asynchronously (rejection id: ${id})`);
      warning.name = 'PromiseRejectionHandledWarning';
      warning.id = id;
      process.emitWarning(warning);
    }
  }
  const decide = deciders[getOptionValue('--unhandled-rejections') || 'throw'];
  // What a listener throws leaves this function, and the rest of these is forgotten, as in Node.
  const rejected = [...pending];
  for (const [promise] of rejected) undecided.add(promise);
  pending.clear();
  for (const [promise, { reason, id, frame, domain, origin }] of rejected) {
    // One that a listener has handled meanwhile is still told of, but it will not be told as handled late.
    if (undecided.delete(promise)) reported.set(promise, id);
    acted = true;
    const outer = frames.exchange(frame);
    const asyncId = promise[hooks.async_id_symbol]; // while hooks see promises, it is the resource that runs
    if (asyncId !== undefined) hooks.push(asyncId, promise[hooks.trigger_async_id_symbol], promise);
    try {
      if (domain == null || !domain.emit('error', reason)) {
        told('unhandledRejection', () => decide(promise, reason, id), origin);
      }
    } finally {
      if (asyncId !== undefined) hooks.pop();
      frames.exchange(outer);
    }
  }
  return acted;
}

const emitUnhandled = (promise, reason) => process.emit('unhandledRejection', reason, promise);

const deciders = {
  __proto__: null,
  'throw'(promise, reason) {
    if (!emitUnhandled(promise, reason)) raise(asError(reason));
  },
  strict(promise, reason, id) {
    raise(asError(reason));
    if (!emitUnhandled(promise, reason)) warnUnhandled(reason, id);
  },
  warn(promise, reason, id) {
    emitUnhandled(promise, reason);
    warnUnhandled(reason, id);
  },
  'warn-with-error-code'(promise, reason, id) {
    if (emitUnhandled(promise, reason)) return;
    warnUnhandled(reason, id);
    process.exitCode = 1;
  },
  none: emitUnhandled,
};

/** End the process, or tell who listens: a promise was rejected, with an error. */
function raise(error) {
  const { uncaught: triggerUncaughtException } = require('internal/process/execution');
  // Of no error, the message has the place of this line.
  triggerUncaughtException(error, true, natives.getMessage());
}

function isErrorLike(value) {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'stack');
}

class UnhandledPromiseRejection extends Error {
  constructor(reason) {
    super(
      'This error originated either by throwing inside of an async function without a catch block, or by rejecting a ' +
      `promise which was not handled with .catch(). The promise rejected with the reason "${describe(reason)}".`);
    this.code = 'ERR_UNHANDLED_REJECTION';
  }
}
Object.defineProperty(UnhandledPromiseRejection.prototype, 'name', {
  __proto__: null, value: 'UnhandledPromiseRejection', writable: true, configurable: true, enumerable: false,
});

/** What is reported of a rejection: its reason, if that is an error; else an error that tells the reason. */
function asError(reason) {
  return isErrorLike(reason) ? reason : new UnhandledPromiseRejection(reason);
}

function describe(reason) {
  return require('internal/no_side_effects_to_string').noSideEffectsToString(reason);
}

function warnUnhandled(reason, id) {
  const warning = new Error(
    'Unhandled promise rejection. This error originated either by throwing inside of an async function without a ' +
    'catch block, or by rejecting a promise which was not handled with .catch(). To terminate the node process on ' +
    'unhandled promise rejection, use the CLI flag `--unhandled-rejections=strict` (see ' +
    'https://nodejs.org/api/cli.html#cli_unhandled_rejections_mode). (rejection id: ' + id + ')');
  warning.name = 'UnhandledPromiseRejectionWarning';
  try {
    process.emitWarning(isErrorLike(reason) ? reason.stack : describe(reason), 'UnhandledPromiseRejectionWarning');
    if (isErrorLike(reason)) warning.stack = reason.stack;
  } catch {
    // A reason whose stack throws is told of by the warning below alone.
  }
  process.emitWarning(warning);
}

/** Once, at start-up. */
function listen() {
  natives.setPromiseRejectCallback(onRejection, onMissedRejection);
}

module.exports = { listen, arePending, processRejections, raise };
