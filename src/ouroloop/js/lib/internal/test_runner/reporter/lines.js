'use strict';

// What the reporters for people have in common: a test's line, and how an error is shown.

const { shouldColorize } = require('internal/util/colors');

const CODES = {
  __proto__: null, red: '\x1b[31m', green: '\x1b[32m', yellow: '\x1b[33m',
  blue: '\x1b[34m', white: '\x1b[39m', gray: '\x1b[90m',
  reset: '\x1b[0m',
};
const PLAIN = { __proto__: null, red: '', green: '', yellow: '', blue: '', white: '', gray: '', reset: '' };

const SYMBOLS = {
  __proto__: null, pass: '\u2714 ', fail: '\u2716 ', warning: '\u26a0 ', skip: '\ufe63 ',
  diagnostic: '\u2139 ', parent: '\u25b6 ',
};

/** The codes of colors, empty when standard output shows none. */
function colors() {
  return shouldColorize(process.stdout) ? CODES : PLAIN;
}

const indent = (nesting) => '  '.repeat(nesting);

/** `# SKIP` and the like; what a program gave as the reason stands for the word. */
function directiveOf({ skip, todo, expectFailure }) {
  if (skip !== undefined) return ` # ${typeof skip === 'string' && skip ? skip : 'SKIP'}`;
  if (todo !== undefined) return ` # ${typeof todo === 'string' && todo ? todo : 'TODO'}`;
  return expectFailure === undefined ? '' : ' # EXPECTED FAILURE';
}

function lookOf(type, { skip, todo }, palette) {
  if (skip !== undefined) return [SYMBOLS.skip, palette.gray];
  if (type === 'test:pass') return [SYMBOLS.pass, palette.green];
  return todo === undefined ? [SYMBOLS.fail, palette.red] : [SYMBOLS.warning, palette.yellow];
}

/** The line that tells a test's result. */
function resultLine(type, data, nesting = data.nesting) {
  const palette = colors();
  const [symbol, color] = lookOf(type, data, palette);
  const { duration_ms } = data.details ?? {};
  const duration = duration_ms === undefined ? '' : ` ${palette.gray}(${duration_ms}ms)${palette.white}`;
  return `${indent(nesting)}${color}${symbol}${data.name}${duration}${directiveOf(data)}${palette.white}`;
}

/** Inspect a value, even one whose own inspection throws. */
function inspectSafely(value, options) {
  const { inspect } = require('internal/util/inspect');
  try {
    return inspect(value, options);
  } catch {
    return inspect(value, { ...options, customInspect: false });
  }
}

/** An error as it is shown under a result. */
function errorLines(error, nesting) {
  const shown = error?.code === 'ERR_TEST_FAILURE' && error.failureType !== undefined ? error.cause : error;
  const text = inspectSafely(shown, { __proto__: null, colors: colors() === CODES, breakLength: Infinity });
  const prefix = `\n${indent(nesting)}  `;
  return `${prefix}${text.split(/\r?\n/).join(prefix)}\n`;
}

module.exports = { SYMBOLS, colors, errorLines, indent, inspectSafely, resultLine };
