'use strict';
// The head of an inspected error: its stack, corrected and shortened.
// `error.stack` is a string made when the error was, so it may lack the class's name, repeat what an own property says,
// or not be a string at all. Frames that the error's cause shows too, and frames that repeat (recursion), are summed up
// in one line. With colors, frames of core modules and the working directory are grey, package names are underlined.

const { prefix } = require('internal/util/inspect/names');
const { isNativeError } = require('internal/util/types');

const builtins = internalBinding('builtins');

const CORE_FRAME = /^ {4}at (?:[^/\\(]+ \()?node:(.+):\d+:\d+(?:\)|$)/;
const PACKAGE = /([\\/]node_modules[\\/])(@[^\\/]+[\\/][^\\/]+|[^\\/]+)(?=[\\/])/g;
const NAME_AT_START = /^([A-Z][a-z_ A-Z0-9[\]()-]+)(?::|\n\s+at)/;
const NAME_ALONE = /^([a-z_A-Z0-9-]*Error)$/;
const FRAMES_START = '\n    at';
const FEWEST_SHARED = 4;
const MOST_FRAMES_UNCOLLAPSED = 10;
const FEWEST_COLLAPSED = 3;

const { hasOwn } = Object;
const { isPrototypeOf, toString: objectToString } = Object.prototype;
const { prototype: errorPrototype } = Error;
const { toString: errorToString } = errorPrototype;

const inheritsFromError = (value) => isPrototypeOf.call(errorPrototype, value);
const isError = (value) => inheritsFromError(value) || isNativeError(value);

function stackText(printer, error) {
  const { stack } = error;
  if (!stack) return errorToString.call(error);
  if (typeof stack === 'string') return stack;
  printer.seen.push(error);
  printer.indentation += 4;
  // NaN is deeper and less deep than nothing: no limit holds, and every level has its own lines.
  const text = printer.value(stack, NaN);
  printer.indentation -= 4;
  printer.seen.pop();
  return `${errorToString.call(error)}\n    ${text}`;
}

/** Takes out of `keys` what the stack shows already, and adds the hidden own properties that always show. */
function adjustKeys(printer, error, keys, stack) {
  if (!printer.showHidden && keys.length !== 0) {
    for (const key of ['name', 'message', 'stack']) {
      const index = keys.indexOf(key);
      if (index !== -1 && (typeof error[key] !== 'string' || stack.includes(error[key]))) keys.splice(index, 1);
    }
  }
  if (hasOwn(error, 'cause') && !keys.includes('cause')) keys.push('cause');
  if (hasOwn(error, 'errors') && Array.isArray(error.errors) && !keys.includes('errors')) keys.push('errors');
}

/** Puts the class's name, and the tag, where the stack only has the `name` that the class inherited. */
function nameTheClass(stack, className, ownName, tag) {
  const name = ownName == null ? 'Error' : String(ownName);
  if (ownName != null && typeof ownName !== 'string') {
    return stack.replace(name, () => `${name} [${prefix(className, tag, 'Error').slice(0, -1)}]`);
  }
  let { length } = name;
  let fallback = 'Error';
  if (className === null) {
    const found = NAME_AT_START.exec(stack) ?? NAME_ALONE.exec(stack);
    length = found === null ? 0 : found[1].length;
    if (found !== null) fallback = found[1];
  } else {
    const next = stack[length];
    const isHead = name.endsWith('Error') && stack.startsWith(name) &&
      (next === undefined || next === ':' || next === '\n');
    if (!isHead) return stack;
  }
  const wanted = prefix(className, tag, fallback).slice(0, -1);
  if (wanted === name) return stack;
  const rest = stack.slice(length);
  if (!wanted.includes(name)) return `${wanted} [${name}]${rest}`;
  return length === 0 ? `${wanted}: ${rest}` : `${wanted}${rest}`;
}

/** The longest run of frames, at least FEWEST_SHARED, that both stacks have. */
function sharedRun(frames, causeFrames) {
  for (let start = 0; start < frames.length - FEWEST_SHARED + 1; start++) {
    const causeStart = causeFrames.indexOf(frames[start]);
    if (causeStart === -1) continue;
    const most = Math.min(frames.length - start, causeFrames.length - causeStart);
    let length = 1;
    while (length < most && frames[start + length] === causeFrames[causeStart + length]) length++;
    if (length >= FEWEST_SHARED) return { start, length };
  }
  return undefined;
}

function withoutCauseFrames(printer, error, frames) {
  const { cause } = error;
  if (cause == null || !isError(cause)) return;
  const causeStack = stackText(printer, cause);
  const start = causeStack.indexOf(FRAMES_START);
  if (start === -1) return;
  const shared = sharedRun(frames, causeStack.slice(start + 1).split('\n'));
  if (shared === undefined) return;
  const skipped = shared.length - 2;
  const text = printer.stylize(`    ... ${skipped} lines matching cause stack trace ...`, 'undefined');
  frames.splice(shared.start + 1, skipped, text);
}

function repeatsAt(frames, start, length) {
  let count = 0;
  for (let next = start + length; next + length <= frames.length; next += length, count++) {
    for (let i = 0; i < length; i++) {
      if (frames[start + i] !== frames[next + i]) return count;
    }
  }
  return count;
}

/** The run from `start` on that, followed by itself, hides most lines. A frame that calls itself is a run of one. */
function repeatedRun(frames, start) {
  const longest = frames[start + 1] === frames[start] ? 1 : (frames.length - start) >> 1;
  let best;
  let mostHidden = FEWEST_COLLAPSED - 1;
  for (let length = 1; length <= longest; length++) {
    if (frames[start + length] !== frames[start]) continue;
    const count = repeatsAt(frames, start, length);
    if (count * length <= mostHidden) continue;
    mostHidden = count * length;
    best = { length, count };
  }
  return best;
}

/** Runs of frames that follow themselves again are written once. */
function collapseRepeats(printer, frames) {
  if (frames.length <= MOST_FRAMES_UNCOLLAPSED) return frames;
  if (frames.length - new Set(frames).size <= FEWEST_COLLAPSED) return frames;
  const result = [];
  for (let start = 0; start < frames.length;) {
    const run = repeatedRun(frames, start);
    if (run === undefined) {
      result.push(frames[start++]);
      continue;
    }
    const { length, count } = run;
    result.push(...frames.slice(start, start + length));
    const where = count === 1 ? 'lines ' : `${length} lines ${count} times`;
    const text = `    ... collapsed ${count * length} duplicate lines matching above ${where}...`;
    result.push(printer.stylize(text, 'undefined'));
    start += length * (count + 1);
  }
  return result;
}

function underlinePackages(printer, line) {
  return line.replace(PACKAGE, (_, folder, name) => folder + printer.stylize(name, 'module'));
}

/** Greys the working directory (as a path or a file: URL), and the parentheses around a place that begins with it. */
function greyDirectory(printer, line, directory) {
  let start = line.indexOf(directory);
  if (start === -1) return line;
  const end = start + directory.length + 1;
  if (line.slice(start - 7, start) === 'file://') start -= 7;
  const grey = (text) => printer.stylize(text, 'undefined');
  if (line[start - 1] !== '(') return line.slice(0, start) + grey(line.slice(start, end)) + line.slice(end);
  start--;
  if (!line.endsWith(')')) return line.slice(0, start) + grey(line.slice(start, end)) + line.slice(end);
  return line.slice(0, start) + grey(line.slice(start, end)) + line.slice(end, -1) + grey(')');
}

function workingDirectory() {
  try {
    return process.cwd();
  } catch {
    return undefined;
  }
}

let urlDirectory;
let directoryURL;

/** The file: URL of `directory`, kept because making one takes longer than all the rest. */
function urlOf(directory) {
  if (directory !== urlDirectory) {
    directoryURL = require('internal/url').pathToFileURL(directory).href;
    urlDirectory = directory;
  }
  return directoryURL;
}

function colorFrames(printer, frames) {
  const directory = workingDirectory();
  return frames.map((line) => {
    const core = CORE_FRAME.exec(line);
    if (core !== null && builtins.has(core[1])) return printer.stylize(line, 'undefined');
    const marked = underlinePackages(printer, line);
    if (directory === undefined) return marked;
    const grey = greyDirectory(printer, marked, directory);
    if (grey !== marked || !marked.includes('file://')) return grey;
    return greyDirectory(printer, marked, urlOf(directory));
  });
}

function headOf(printer, error, className, tag, keys) {
  let stack = stackText(printer, error);
  adjustKeys(printer, error, keys, stack);
  stack = nameTheClass(stack, className, error.name, tag);
  // A message may have lines that look like frames.
  const messageStart = error.message ? stack.indexOf(error.message) : -1;
  const searchStart = messageStart === -1 ? 0 : messageStart + error.message.length;
  const framesStart = stack.indexOf(FRAMES_START, searchStart);
  if (framesStart === -1) return `[${stack}]`;
  let frames = stack.slice(framesStart + 1).split('\n');
  withoutCauseFrames(printer, error, frames);
  frames = collapseRepeats(printer, frames);
  if (printer.colors) frames = colorFrames(printer, frames);
  return `${stack.slice(0, framesStart)}\n${frames.join('\n')}`;
}

/**
 * The head of `error` with its stack. Changes `keys` to those that are still to be listed. An error whose own
 * properties throw when they are read is called [object Error] or after its tag.
 */
function errorHead(printer, error, className, tag, keys) {
  let head;
  try {
    head = headOf(printer, error, className, tag, keys);
  } catch (thrown) {
    if (require('internal/errors').isStackOverflowError(thrown)) throw thrown;
    return objectToString.call(error);
  }
  return printer.indentation === 0 ? head : head.replaceAll('\n', `\n${' '.repeat(printer.indentation)}`);
}

module.exports = { errorHead, inheritsFromError, isError };
