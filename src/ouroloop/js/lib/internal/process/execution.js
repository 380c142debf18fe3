'use strict';

// What happens to an error that nobody caught, and how a process ends.
//
// Theory of operation. Whatever the loop calls gives what it threw to `uncaught`. The program's 'uncaughtException'
// listeners have it first; without any it is printed as Node prints it (`internal/process/report_error`), 'exit' is
// emitted, and the process ends with code 1.
//
// What surprises people: an error that a listener took is not followed by ticks and microtasks at once; an empty
// immediate makes sure that there will be a next callback, and they run after that.

const frames = require('internal/async_context_frame');

const { getOptionValue } = require('internal/options');
const { warnOnce } = require('internal/util');

const natives = internalBinding('errors');

const ORIGINS = ['uncaughtException', 'unhandledRejection'];
const FAILED = 1;
const NO_HANDLER = 6;
const BAD_HANDLER = 7;

let captureCallback = null;

let abortsOnUncaught; // undefined: as the command line says

/** Whether an error that nobody catches aborts the process; `isWanted` changes that. */
function abortOnUncaughtException(isWanted) {
  abortsOnUncaught = isWanted ?? abortsOnUncaught ?? getOptionValue('--abort-on-uncaught-exception') === true;
  return abortsOnUncaught;
}

function setUncaughtExceptionCaptureCallback(callback) {
  captureCallback = callback;
  // V8 aborts where something is thrown that no JavaScript will catch; it knows nothing of a callback.
  if (abortOnUncaughtException()) {
    const no = callback === null ? '' : 'no-';
    internalBinding('v8').setFlagsFromString(`--${no}abort-on-uncaught-exception`);
  }
}

function hasUncaughtExceptionCaptureCallback() {
  return captureCallback !== null;
}

/** Hand `error` to the program, or end the process. `place` is where it was thrown, if that is known. */
function uncaught(error, fromPromise = false, place = undefined) {
  const handle = process._fatalException;
  if (typeof handle !== 'function') {
    require('internal/process/report_error').print(error, fromPromise, place);
    process.reallyExit(NO_HANDLER);
  }
  const outcome = natives.callCatching(handle, process, [error, fromPromise]);
  if (outcome.length > 1) {
    require('internal/process/report_error').print(outcome[0], false, outcome[1]);
    process.reallyExit(BAD_HANDLER); // without 'exit': whatever listens may be as broken
    return;
  }
  if (outcome[0] !== false) return;
  const report = require('internal/process/report_error');
  const tell = () => report.print(error, fromPromise, place);
  if (report.isEmbedded()) { // the Python program knows, and decides
    tell();
    return;
  }
  if (abortOnUncaughtException()) {
    tell();
    process.abort();
  }
  emitExit(FAILED);
  tell();
  process.reallyExit(process.exitCode ?? FAILED);
}

/** `process._fatalException`: tell the program; false if there is nobody to tell. */
function isHandled(error, fromPromise) {
  const origin = ORIGINS[fromPromise ? 1 : 0];
  process.emit('uncaughtExceptionMonitor', error, origin);
  if (captureCallback !== null) captureCallback(error);
  else if (!process.emit('uncaughtException', error, origin)) return false;
  require('timers').setImmediate(() => {});
  require('internal/async_hooks').clearStack();
  require('internal/process/task_queues').leave();
  return true;
}

/** Before the error is told: an 'exit' listener that ends the process itself keeps it quiet. */
function emitExit(code) {
  try {
    if (!process._exiting) {
      process._exiting = true;
      process.exitCode = code;
      process.emit('exit', code);
    }
  } catch {
    // An 'exit' listener that throws cannot keep the process from ending.
  }
}

/** Call a function that the loop calls; what it throws is uncaught, and where it was thrown is known. */
function enter(callback, ...args) {
  const outer = frames.exchange(undefined);
  const outcome = natives.callCatching(callback, undefined, args);
  if (outcome.length > 1) uncaught(outcome[0], false, outcome[1]);
  frames.exchange(outer);
  return outcome.length > 1 ? FAILED_CALL : outcome[0];
}

function warnOfDomain(name) {
  warnOnce('DEP0097',
    'Using a domain property in MakeCallback is deprecated. Use the async_context variant of MakeCallback or ' +
    `the AsyncResource class instead. (Triggered by calling ${name} on process.)`, 'DeprecationWarning', 'DEP0097');
}

/**
 * The same for what the loop calls on `process`. A domain that was entered and never left is `process.domain`, and what
 * is called on an object of a domain is called in it; that is deprecated, though.
 */
function enterOnProcess(name, callback, argument) {
  const { domain } = process;
  if (domain == null) return enter(callback, argument);
  return enter(() => {
    warnOfDomain(name);
    domain.enter();
    const outcome = callback(argument);
    domain.exit();
    return outcome;
  });
}

const FAILED_CALL = Symbol('failed');

module.exports = {
  abortOnUncaughtException, uncaught, enter, enterOnProcess, isHandled, FAILED_CALL,
  setUncaughtExceptionCaptureCallback, hasUncaughtExceptionCaptureCallback,
};
