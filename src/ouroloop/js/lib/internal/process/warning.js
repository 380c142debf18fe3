'use strict';

// Warnings: process.emitWarning, and how a warning is printed.

const {
  codes: { ERR_INVALID_ARG_TYPE },
} = require('internal/errors');
const { validateString } = require('internal/validators');
const { getOptionValue } = require('internal/options');

const disabled = () => getOptionValue('--disable-warning') ?? [];

let toldHowToTrace = false;

/** Emit a warning in the next tick; a deprecation only if those are on, and as an error if --throw-deprecation. */
function emitWarning(warning, type, code, ctor) {
  let detail;
  if (type !== null && typeof type === 'object' && !Array.isArray(type)) {
    ({ ctor, code, detail } = type);
    if (typeof detail !== 'string') detail = undefined;
    type = type.type || 'Warning';
  } else if (typeof type === 'function') {
    ctor = type;
    code = '';
    type = 'Warning';
  }
  if (type !== undefined) validateString(type, 'type');
  if (typeof code === 'function') {
    ctor = code;
    code = '';
  } else if (code !== undefined) {
    validateString(code, 'code');
  }
  if (typeof warning === 'string') {
    if (type === 'DeprecationWarning' && process.noDeprecation) return;
    warning = makeWarning(warning, type, code, ctor, detail);
  } else if (!(warning instanceof Error)) {
    throw new ERR_INVALID_ARG_TYPE('warning', ['Error', 'string'], warning);
  }
  if (warning.name === 'DeprecationWarning') {
    if (process.noDeprecation) return;
    if (process.throwDeprecation) {
      // In a tick, so that whoever calls something deprecated goes on as without the option.
      process.nextTick(() => {
        throw warning;
      });
      return;
    }
  }
  process.nextTick(() => process.emit('warning', warning));
}

/** Emit a warning at once, where the process may be about to end. */
function emitWarningNow(text) {
  process.emit('warning', makeWarning(text, 'Warning', undefined, emitWarningNow));
}

function makeWarning(text, type, code, ctor, detail) {
  const warning = new Error(text);
  warning.name = String(type || 'Warning');
  if (code !== undefined) warning.code = code;
  if (detail !== undefined) warning.detail = detail;
  Error.captureStackTrace(warning, ctor || emitWarning);
  return warning;
}

/** What listens to 'warning' from the start. */
function onWarning(warning) {
  if (!(warning instanceof Error)) return;
  if (getOptionValue('--warnings') === false || process.env.NODE_NO_WARNINGS === '1') return;
  const isDeprecation = warning.name === 'DeprecationWarning';
  if (isDeprecation && process.noDeprecation) return;
  if (disabled().includes(warning.name) || (warning.code && disabled().includes(warning.code))) return;
  const trace = process.traceProcessWarnings || (isDeprecation && process.traceDeprecation);
  write(textOf(warning, trace, isDeprecation));
}

function textOf(warning, trace, isDeprecation) {
  let text = `(${process.release.name}:${process.pid}) `;
  if (warning.code) text += `[${warning.code}] `;
  if (trace && warning.stack) {
    text += `${warning.stack}`;
  } else {
    text += typeof warning.toString === 'function' ? `${warning.toString()}` : Error.prototype.toString.call(warning);
  }
  if (typeof warning.detail === 'string') text += `\n${warning.detail}`;
  if (!trace && !toldHowToTrace) {
    const flag = isDeprecation ? '--trace-deprecation' : '--trace-warnings';
    const program = require('path').basename(process.argv0 || 'node', '.exe');
    text += `\n(Use \`${program} ${flag} ...\` to show where the warning was created)`;
    toldHowToTrace = true;
  }
  return text;
}

function write(text) {
  const file = getOptionValue('--redirect-warnings') || process.env.NODE_REDIRECT_WARNINGS;
  if (!file) {
    process._rawDebug(text);
    return;
  }
  try {
    require('fs').appendFileSync(file, `${text}\n`);
  } catch {
    process._rawDebug(text);
  }
}

module.exports = { emitWarning, emitWarningNow, onWarning };
