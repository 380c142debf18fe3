'use strict';

// Calls of `vm` that compile or run a program's code: what they throw tells where it came from.

const { decorate, decorateStack } = require('internal/process/report_error');

/** Call a native. `origin` is the source's `{ filename, line, column }`. */
function guarded(displayErrors, origin, native, ...args) {
  const outcome = internalBinding('errors').callCatching(native, undefined, args);
  if (outcome === undefined) return undefined; // ended from outside
  if (outcome.length === 1) return outcome[0];
  const [error, place] = outcome;
  if (displayErrors) decorateStack(error, inSource(place, origin));
  else decorate(error);
  throw error;
}

/** A place on the first line of a source that begins at a column of its own: that column is not in the line's text. */
function inSource(place, { filename, line, column }) {
  if (!Array.isArray(place) || place[0] !== filename || place[1] !== line + 1) return place;
  return [filename, place[1], place[2] - column, place[3] - column, ...place.slice(4)];
}

module.exports = { guarded };
