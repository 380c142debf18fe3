'use strict';
// `assert.ok(value)` and how it finds the expression that turned out falsy.
//
// V8 knows the line of the call and the column; from that line comes the text, from the start of the callee
// (`a.b['c']`) to the parenthesis that closes the call. What lies on other lines is not shown.

const { isErrorStackTraceLimitWritable } = require('internal/errors');
const AssertionError = require('internal/assert/assertion_error');

const natives = internalBinding('errors');

/** @returns {{ line: string, column: number }} of the call of `fn`; an empty line when there is no source */
function locateCall(fn) {
  const { stackTraceLimit } = Error;
  const canLimit = isErrorStackTraceLimitWritable();
  if (canLimit) Error.stackTraceLimit = 1;
  try {
    const error = new Error();
    Error.captureStackTrace(error, fn);
    const [, , column, , line] = natives.getMessage(error);
    return { line, column };
  } finally {
    if (canLimit) Error.stackTraceLimit = stackTraceLimit;
  }
}

// The callee up to the place where V8 says that the call is: names, plain brackets, and dots between them.
const name = String.raw`[\p{ID_Continue}$#]+`;
const brackets = String.raw`(?:\s*(?:\?\.)?\[[^[\]]*\])*`;
const dot = String.raw`\s*(?:\?\.|\.)\s*`;
const calleeBefore = new RegExp(`(?:${name}${brackets}${dot})*(?:${name}${brackets})?$`, 'u');

// A parenthesis counts outside of strings, comments and regular expressions (which stand where a value may begin).
const token = new RegExp([
  /'(?:[^'\\]|\\.)*'/,
  /"(?:[^"\\]|\\.)*"/,
  /`(?:[^`\\]|\\.)*`/,
  /\/\*.*?\*\//,
  /\/\/.*/,
  /(?<=[(,=:[!&|?{};]\s*)\/(?:[^/\\[]|\\.|\[(?:[^\]\\]|\\.)*\])+\//,
  /[()]/,
].map((part) => part.source).join('|'), 'gu');

function endOfCall(line, start) {
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(line); match !== null; match = token.exec(line)) {
    if (match[0] === '(') depth++;
    if (match[0] === ')' && --depth === 0) return match.index + 1;
  }
  return line.length;
}

function expressionAt(line, column) {
  const callee = calleeBefore.exec(line.slice(0, column))[0];
  return line.slice(column - callee.length, endOfCall(line, column));
}

function escapeControls(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\0-\x08\x0b-\x1f]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function describeFalsy(fn) {
  const { line, column } = locateCall(fn);
  if (line === '') return undefined;
  return `The expression evaluated to a falsy value:\n\n  ${escapeControls(expressionAt(line, column))}\n`;
}

/** @param {Function} fn the public function that was called: the stack begins above it */
function innerOk(fn, argumentCount, value, message, diff = undefined) {
  if (value) return;
  if (Error.isError(message)) throw message;
  let generatedMessage = false;
  if (argumentCount === 0) {
    generatedMessage = true;
    message = 'No value argument passed to `assert.ok()`';
  } else if (message == null) {
    generatedMessage = true;
    message = describeFalsy(fn);
  }
  const error = new AssertionError({ actual: value, expected: true, message, operator: '==', stackStartFn: fn, diff });
  error.generatedMessage = generatedMessage;
  throw error;
}

module.exports = { innerOk };
