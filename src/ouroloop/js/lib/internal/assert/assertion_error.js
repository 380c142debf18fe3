'use strict';
// AssertionError: what a failed `assert` throws, and the words in which it explains the difference.
//
// Values are printed one property a line, sorted, to any depth, so that lines can be compared. Which message a failure
// gets depends on the operator: equality shows a diff, inequality shows the value, everything else both sides.
// A message of the caller stands in place of the headline; the diff below it stays.

const { kIsNodeError } = require('internal/errors');
const { validateObject } = require('internal/validators');
const { customInspectSymbol } = require('internal/util');
const colors = require('internal/util/colors');

const headlines = {
  __proto__: null,
  deepStrictEqual: 'Expected values to be strictly deep-equal:',
  partialDeepStrictEqual: 'Expected values to be partially and strictly deep-equal:',
  strictEqual: 'Expected values to be strictly equal:',
  strictEqualObject: 'Expected "actual" to be reference-equal to "expected":',
  deepEqual: 'Expected values to be loosely deep-equal:',
  notDeepStrictEqual: 'Expected "actual" not to be strictly deep-equal to:',
  notStrictEqual: 'Expected "actual" to be strictly unequal to:',
  notStrictEqualObject: 'Expected "actual" not to be reference-equal to "expected":',
  notDeepEqual: 'Expected "actual" not to be loosely deep-equal to:',
  notIdentical: 'Values have same structure but are not reference-equal:',
  notDeepEqualUnequal: 'Expected values not to be loosely deep-equal:',
};

const diffingOperators = new Set(['deepStrictEqual', 'strictEqual', 'partialDeepStrictEqual']);

// Two primitives no longer than this together are told on one line.
const kMaxShortLength = 12;
const kMaxLongStringLength = 512;
const kMaxLines = 50;

const isObject = (value) => typeof value === 'object' && value !== null;

function inspectValue(value) {
  const { inspect } = require('internal/util/inspect');
  return inspect(value, {
    compact: false,
    customInspect: false,
    depth: 1000,
    maxArrayLength: Infinity,
    showHidden: false,
    showProxy: false,
    sorted: true,
    getters: true,
  });
}

// ---- Equality expected ----

function isShort(actual, expected, actualText, expectedText) {
  if (isObject(actual) && isObject(expected)) return false;
  if (typeof actual === 'function' || typeof expected === 'function') return false;
  if (actual === 0 && expected === 0) return false;
  if (actualText.includes('\n') || expectedText.includes('\n')) return false;
  const quotes = (typeof actual === 'string' ? 2 : 0) + (typeof expected === 'string' ? 2 : 0);
  return actualText.length + expectedText.length - quotes <= kMaxShortLength;
}

function lineWidth() {
  const { stderr } = process;
  return stderr.isTTY ? stderr.columns : 80;
}

/** A caret below the first difference, unless that is obvious or the line is too long to be seen whole. */
function pointAtDifference(actualText, expectedText) {
  if (actualText.length + expectedText.length > lineWidth()) return '';
  let index = 0;
  while (index < actualText.length && actualText[index] === expectedText[index]) index++;
  if (index < 3 || (index === actualText.length && index === expectedText.length)) return '';
  return `\n  ${' '.repeat(index)}^`;
}

function diffOfLines(actualText, expectedText, operator) {
  const { green, red, gray, white, hasColors } = colors;
  const isPartial = operator === 'partialDeepStrictEqual';
  const { myersDiff, printMyersDiff } = require('internal/assert/myers_diff');
  const edits = myersDiff(actualText.split('\n'), expectedText.split('\n'), true);
  const { message, isSkipped } = printMyersDiff(edits, isPartial);
  const legend = isPartial ? `${gray}${hasColors ? '' : '+ '}actual` : `${green}+ actual`;
  return `${legend}${white} ${red}- expected${white}${isSkipped ? '\n... Skipped lines' : ''}\n${message}\n`;
}

function diffOfCharacters(actualText, expectedText) {
  const { green, red, white } = colors;
  const { myersDiff, printCharacterDiff } = require('internal/assert/myers_diff');
  return `${green}actual${white} ${red}expected${white}\n` +
    `${printCharacterDiff(myersDiff(actualText, expectedText))}\n`;
}

function diffOfSingleLines(actual, expected, actualText, expectedText, operator) {
  const { green, red, white, hasColors } = colors;
  if (hasColors && typeof actual === 'string' && typeof expected === 'string') {
    return diffOfCharacters(actualText, expectedText);
  }
  const isBare = operator === 'strictEqualObject' || isObject(actual) || isObject(expected);
  const caret = isBare ? '' : pointAtDifference(actualText, expectedText);
  return `${green}+ actual${white} ${red}- expected${white}\n\n` +
    `${green}+${white} ${actualText}\n${red}- ${white}${expectedText}${caret}\n`;
}

function refineOperator(actual, expected, operator) {
  if (operator !== 'strictEqual') return operator;
  const areObjects = isObject(actual) && isObject(expected);
  return areObjects || (typeof actual === 'function' && typeof expected === 'function') ?
    'strictEqualObject' : operator;
}

function skipLines(text) {
  const lines = text.split('\n');
  if (lines.length <= kMaxLines) return text;
  return `... Skipped lines\n${lines.slice(0, kMaxLines).join('\n')}\n...}`;
}

function explainUnequal(actual, expected, originalOperator, customMessage, isFull) {
  const operator = refineOperator(actual, expected, originalOperator);
  const actualText = inspectValue(actual);
  const expectedText = inspectValue(expected);
  const headline = customMessage || headlines[operator];
  if (isShort(actual, expected, actualText, expectedText)) {
    return `${headline}\n\n${actualText} !== ${expectedText}\n`;
  }
  if (actualText === expectedText && isObject(actual)) {
    return `${customMessage || headlines.notIdentical}\n\n${isFull ? actualText : skipLines(actualText)}\n`;
  }
  const isSingle = !actualText.includes('\n') && !expectedText.includes('\n');
  return `${headline}\n` + (isSingle ?
    diffOfSingleLines(actual, expected, actualText, expectedText, operator) :
    diffOfLines(actualText, expectedText, operator));
}

// ---- Inequality expected, and the rest ----

function limitLines(text) {
  const lines = text.split('\n');
  if (lines.length <= kMaxLines) return text;
  return [...lines.slice(0, kMaxLines - 4), `${colors.blue}...${colors.white}`].join('\n');
}

function explainEqual(actual, operator, isFull) {
  const isByReference = operator === 'notStrictEqual' && (isObject(actual) || typeof actual === 'function');
  const headline = headlines[isByReference ? 'notStrictEqualObject' : operator];
  const whole = inspectValue(actual);
  const text = isFull ? whole : limitLines(whole);
  if (text.includes('\n')) return `${headline}\n\n${text}\n`;
  return `${headline}${text.length > 5 ? '\n\n' : ' '}${text}`;
}

const cut = (text, max) => (text.length > max ? `${text.slice(0, max - 3)}...` : text);

function explainOther(actual, expected, operator, isFull) {
  const limit = isFull ? Infinity : kMaxLongStringLength;
  const actualText = inspectValue(actual);
  const expectedText = inspectValue(expected);
  if (operator === 'notDeepEqual' && actualText === expectedText) {
    return cut(`${headlines.notDeepEqual}\n\n${actualText}`, isFull ? Infinity : 2 * kMaxLongStringLength);
  }
  const left = cut(actualText, limit);
  const right = cut(expectedText, limit);
  if (operator === 'deepEqual') return `${headlines.deepEqual}\n\n${left}\n\nshould loosely deep-equal\n\n${right}`;
  if (operator === 'notDeepEqual') {
    return `${headlines.notDeepEqualUnequal}\n\n${left}\n\nshould not loosely deep-equal\n\n${right}`;
  }
  return `${left} ${operator} ${right}`;
}

/** A copy for display: of two errors, the stacks always differ and say nothing of why they were compared. */
function withoutStack(error) {
  const copy = Object.setPrototypeOf(new Error(error.message), Object.getPrototypeOf(error));
  Object.assign(copy, error);
  const { name, message } = error;
  const stack = message ? `${name}: ${message}` : name;
  Object.defineProperty(copy, 'stack', { __proto__: null, value: stack, enumerable: false });
  if (Object.hasOwn(error, 'cause')) {
    const cause = Error.isError(error.cause) ? withoutStack(error.cause) : error.cause;
    Object.defineProperty(copy, 'cause', { __proto__: null, value: cause, enumerable: false });
  }
  return copy;
}

function explain({ actual, expected, operator, message, diff }) {
  if (Error.isError(actual) && Error.isError(expected)) {
    actual = withoutStack(actual);
    expected = withoutStack(expected);
  }
  if (diffingOperators.has(operator)) {
    return explainUnequal(actual, expected, operator, message == null ? '' : `${message}`, diff === 'full');
  }
  if (message != null) return String(message);
  if (operator === 'notDeepStrictEqual' || operator === 'notStrictEqual') {
    return explainEqual(actual, operator, diff === 'full');
  }
  return explainOther(actual, expected, operator, diff === 'full');
}

// ---- The class ----

function shortenForDisplay(value) {
  if (typeof value !== 'string') return value;
  const lines = value.split('\n', 11);
  if (lines.length > 10) return `${lines.slice(0, 10).join('\n')}\n...`;
  // Node shows what follows the limit, not what precedes it.
  return value.length > kMaxLongStringLength ? `${value.slice(kMaxLongStringLength)}...` : value;
}

class AssertionError extends Error {
  constructor(options) {
    validateObject(options, 'options');
    const { message, operator, details, actual, expected, diff = 'simple' } = options;
    colors.refresh();
    super(explain({ actual, expected, operator, message, diff }));
    this.generatedMessage = !message;
    Object.defineProperty(this, 'name',
      { __proto__: null, value: 'AssertionError', enumerable: false, writable: true, configurable: true });
    this.code = 'ERR_ASSERTION';
    if (details) {
      this.#describeAll(details);
    } else {
      this.actual = actual;
      this.expected = expected;
      this.operator = operator;
    }
    this.diff = diff;
    Error.captureStackTrace(this, options.stackStartFn || options.stackStartFunction);
  }

  #describeAll(details) {
    this.actual = undefined;
    this.expected = undefined;
    this.operator = undefined;
    for (const [i, { message, actual, expected, operator, stack }] of details.entries()) {
      this[`message ${i}`] = message;
      this[`actual ${i}`] = actual;
      this[`expected ${i}`] = expected;
      this[`operator ${i}`] = operator;
      this[`stack trace ${i}`] = stack;
    }
  }

  toString() {
    return `${this.name} [${this.code}]: ${this.message}`;
  }

  // Long strings would bury the message, which shows them already.
  [customInspectSymbol](recurseTimes, context) {
    const { inspect } = require('internal/util/inspect');
    const { actual, expected } = this;
    this.actual = shortenForDisplay(actual);
    this.expected = shortenForDisplay(expected);
    try {
      return inspect(this, { ...context, customInspect: false, depth: 0 });
    } finally {
      this.actual = actual;
      this.expected = expected;
    }
  }
}
Object.defineProperty(AssertionError.prototype, kIsNodeError, { __proto__: null, value: true });

module.exports = AssertionError;
