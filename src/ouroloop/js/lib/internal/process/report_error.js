'use strict';

// How an error that ends the process is told: the place, the source line with a caret, the error, the version.
//
// Theory of operation. Where something was thrown is known to V8 only as long as it is being thrown. Calls that keep it
// (`callCatching`) hand it on; otherwise the place where an error was *made* stands for it, moved back to the word
// `throw` if that is what comes before. A syntax error's place is kept with the error when it is compiled (`decorate`).
// Once an error's stack has been read, V8 has forgotten that too, and names the place that asks: then none is told.

const { getOptionValue } = require('internal/options');
const { isObject } = require('internal/util');

const natives = internalBinding('errors');

const MICROTASKS = 'node:internal/process/task_queues'; // what they are run from

const arrows = new WeakMap();

/** Where an error was made, as `[file, line, start, end, source line, frames]`; undefined if nobody knows any more. */
function messageOf(error) {
  const message = natives.getMessage(error);
  if (message?.[0] === 'node:internal/process/report_error') return undefined;
  if (message?.[0] !== MICROTASKS) return message;
  const frame = /^ {4}at (?:async (?:.* )?\(?(.+):(\d+):(\d+)\)?$)?/m.exec(error.stack);
  if (frame === null) return undefined;
  return frame[1] === undefined ? message : awaitedAt(frame);
}

/** The place of an error that was made in no call: where the first one is that waits. V8 tells of calls only. */
function awaitedAt([, file, line, column]) {
  try {
    const text = sourceOf(file).split('\n')[line - 1];
    return text === undefined ? undefined : [file, Number(line), column - 1, Number(column), text];
  } catch {
    return undefined; // a file that is not there any more
  }
}

function sourceOf(file) {
  if (file.startsWith('node:')) return internalBinding('builtins').source(file.slice('node:'.length));
  const { fileURLToPath } = require('internal/url');
  return require('fs').readFileSync(file.startsWith('file:') ? fileURLToPath(file) : file, 'utf8');
}

/** Text for `[file, line, start, end, source line]`. */
function arrowOf(message) {
  if (!Array.isArray(message)) return '';
  const [file, line, start, end, source] = message;
  if (line < 1) return '';
  const original = require('internal/source_map').getErrorSource(file, line, start + 1);
  if (original !== undefined) return original;
  const indent = source.slice(0, start).replace(/[^\t]/g, ' ');
  const caret = start >= 0 ? `${indent}${'^'.repeat(Math.max(0, end - start))}\n` : '';
  return `${file ?? '<anonymous_script>'}:${line}\n${source}\n${caret}`;
}

/** Keep where a syntax error is, for when it is printed. */
function decorate(error) {
  if (isObject(error) && !arrows.has(error)) arrows.set(error, arrowOf(messageOf(error)));
}

/** Put where an error was thrown (`place`) at the head of its stack, once. Then it needs no telling any more. */
function decorateStack(error, place, gap = '\n') {
  if (!isError(error) || hasArrow(error)) return;
  const arrow = arrowOf(place);
  const { stack } = error;
  arrows.set(error, '');
  if (arrow !== '' && typeof stack === 'string') error.stack = `${arrow}${gap}${stack}`;
}

/** The same for a module's import that cannot be linked, with no line between. */
function decorateLinkError(error) {
  decorateStack(error, isError(error) ? messageOf(error) : undefined, '');
}

function hasArrow(error) {
  return isObject(error) && arrows.has(error);
}

/** That an error was thrown just before it was caught, but where is not known. */
const THROWN = Symbol('thrown');

/** Where an error was made; if it was thrown, the `throw` that stands before that place. */
function madeAt(error, place) {
  const message = messageOf(error);
  if (place !== THROWN || message === undefined) return message;
  const [file, line, start, , source] = message;
  const keyword = /\bthrow\s+$/.exec(source.slice(0, start));
  return keyword === null ? message : [file, line, keyword.index, keyword.index + 1, source];
}

/** Where it was thrown, as --trace-uncaught has it told. */
function tracesOf(error, fromPromise, place) {
  if (!getOptionValue('--trace-uncaught')) return '';
  const frames = (Array.isArray(place) && !fromPromise ? place : isError(error) && messageOf(error))?.[5];
  if (frames === undefined) return '';
  let text = '\nThrown at:\n';
  for (let i = 0; i < frames.length; i += 4) {
    const [name, file, line, column] = frames.slice(i, i + 4);
    const position = `${file ?? '<anonymous>'}:${line}:${column}`;
    text += `    at ${name ? `${name} (${position})` : position}\n`;
  }
  return text;
}

function startOfLine([file, line, , , source]) {
  const start = source.search(/\S/);
  return [file, line, start, start + 1, source];
}

function isError(value) {
  return isObject(value) && internalBinding('types').isNativeError(value);
}

function arrowFor(error, fromPromise, place) {
  const kept = isObject(error) ? arrows.get(error) : undefined;
  if (kept !== undefined) return kept;
  if (fromPromise) return arrowOf((isError(error) ? messageOf(error) : undefined) ?? (place && startOfLine(place)));
  if (Array.isArray(place)) return arrowOf(place);
  if (!isError(error)) return '';
  const emitted = place === THROWN ? require('internal/events/emission').placeOfEmission(error) : undefined;
  return arrowOf(emitted ?? madeAt(error, place));
}

/** What is thrown, as `inspect` has it; undefined for what is no object, or does not let itself be looked at. */
function describe(error) {
  if (!isObject(error)) return undefined;
  const { inspect } = require('internal/util/inspect');
  const { shouldColorize } = require('internal/util/colors');
  const colors = shouldColorize(process.stderr);
  try {
    if (!isError(error)) Reflect.get(error, 'stack');
    return inspect(error, { colors, customInspect: false, depth: 5 });
  } catch {
    return undefined; // a hostile object
  }
}

/** What is thrown as a string, '' if that cannot be. */
function toText(error) {
  try {
    return `${error}`; // throws for symbols too
  } catch {
    return '';
  }
}

let embedded = false;

/** From now on errors are not printed but told to the Python program that this runtime is part of. */
function tellEmbedder() {
  embedded = true;
}

function isEmbedded() {
  return embedded;
}

/** Print what ends the process. `place` is where it was thrown, THROWN or undefined; of a promise, who tells of it. */
function print(error, fromPromise, place) {
  if (embedded) {
    internalBinding('embedding').uncaught(require('internal/embedding').encodeError(error));
    return;
  }
  let text;
  try {
    const arrow = arrowFor(error, fromPromise, place);
    if (isObject(error)) require('internal/events/emission').addEmission(error); // reads the stack
    const described = describe(error);
    const thrownAt = tracesOf(error, fromPromise, place);
    const hint = described !== undefined || thrownAt || arrow === '' ?
      '' : '(Use `node --trace-uncaught ...` to show where the exception was thrown)\n';
    text = `${described ?? toText(error)}${thrownAt}\n${hint}`;
    if (isError(error)) text = `${arrow}${arrow && '\n'}${text}`;
    else text = arrow === '' ? `Uncaught:\n${text}` : `\n${arrow}${text}`;
  } catch (failure) {
    text = `Uncaught error, and another one while it was described: ${failure?.message}\n`;
  }
  internalBinding('process').writeError(text);
  require('internal/process/diagnostic_report').onUncaughtException(error);
  process._rawDebug(`\nNode.js ${process.version}`);
}

module.exports = {
  THROWN, print, tellEmbedder, isEmbedded, decorate, decorateLinkError, decorateStack, arrowOf,
};
