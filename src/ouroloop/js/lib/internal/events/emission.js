'use strict';

// Where an 'error' that nobody listened for was emitted: told, after the error's own stack, when it ends the process.
//
// An error is often made long before it is emitted, or by another program's code; its stack alone does not say which
// emitter it was. The note is kept beside the error, not on it, and turned into text only when the process does end.

const emissions = new WeakMap(); // error -> { emitter, trace, emit }

/** Note that `emitter` emits `error` here; `emit` is the function that the trace leaves out, with all it called. */
function noteEmission(error, emitter, emit) {
  const trace = {};
  Error.captureStackTrace(trace, emit);
  emissions.set(error, { emitter, trace, emit });
}

/** Add to the stack of an error that is about to be printed where it was emitted, if it was. */
function addEmission(error) {
  const emission = emissions.get(error);
  if (emission === undefined) return;
  try {
    const { stack } = error;
    const { emitter, trace } = emission;
    const { name } = emitter.constructor;
    const where = name === 'EventEmitter' ? '' : ` on ${name} instance`;
    const frames = trace.stack.slice(trace.stack.indexOf('\n') + 1);
    error.stack = `${stack}\nEmitted 'error' event${where} at:\n${frames}`;
  } catch {
    // A frozen error, or an emitter without a constructor: the error is printed as it is.
  }
}

/**
 * Where `emit` threw an error: [file, line, start, end, source line]; undefined for what was not emitted.
 *
 * V8 knows that only while it is thrown, so it is thrown once more, by an emitter that nobody listens to.
 */
function placeOfEmission(error) {
  const emission = emissions.get(error);
  if (emission === undefined) return undefined;
  const [, place] = internalBinding('errors').callCatching(emission.emit, { __proto__: null }, ['error', error]);
  emissions.set(error, emission);
  return place;
}

module.exports = { noteEmission, addEmission, placeOfEmission };
