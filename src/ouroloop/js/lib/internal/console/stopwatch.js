'use strict';
// The clocks of console.time: labels with the moment at which they began, and durations in words.

const traceEvents = require('internal/trace_events');

const MS_IN_SECOND = 1000;
const MS_IN_MINUTE = 60 * MS_IN_SECOND;
const MS_IN_HOUR = 60 * MS_IN_MINUTE;

const twoDigits = (value) => `${value}`.padStart(2, '0');

/** `12.3ms`, `1.500s`, `1:00.300 (m:ss.mmm)`, `1:06:40.457 (h:mm:ss.mmm)`. */
function formatTime(ms) {
  if (ms < MS_IN_SECOND) return `${Number(ms.toFixed(3))}ms`;
  if (ms < MS_IN_MINUTE) return `${(ms / MS_IN_SECOND).toFixed(3)}s`;
  const hours = Math.floor(ms / MS_IN_HOUR);
  const minutes = Math.floor((ms % MS_IN_HOUR) / MS_IN_MINUTE);
  const [seconds, fraction] = ((ms % MS_IN_MINUTE) / MS_IN_SECOND).toFixed(3).split('.');
  const rest = `${twoDigits(seconds)}.${fraction}`;
  if (hours === 0) return `${minutes}:${rest} (m:ss.mmm)`;
  return `${hours}:${twoDigits(minutes)}:${rest} (h:mm:ss.mmm)`;
}

/** Milliseconds since `start`, a result of process.hrtime(). */
function elapsed(start) {
  const [seconds, nanoseconds] = process.hrtime(start);
  return seconds * 1e3 + nanoseconds / 1e6;
}

function start(times, label) {
  if (times.has(label)) {
    process.emitWarning(`Label '${label}' already exists for console.time()`);
    return;
  }
  trace('b', label);
  times.set(label, process.hrtime());
}

function trace(phase, label) {
  if (traceEvents.isOn('node.console')) traceEvents.emit(phase, 'node.console', `time::${label}`);
}

/** What `label`'s clock shows, undefined after a warning if there is none. `method` is the caller's name. */
function read(times, label, method) {
  const began = times.get(label);
  if (began !== undefined) {
    trace(method === 'timeEnd' ? 'e' : 'n', label);
    return formatTime(elapsed(began));
  }
  process.emitWarning(`No such label '${label}' for console.${method}()`);
  return undefined;
}

module.exports = { formatTime, read, start };
