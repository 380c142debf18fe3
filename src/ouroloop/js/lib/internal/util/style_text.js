'use strict';
// util.styleText: text between terminal escape codes.
// Styled text may hold styled text: where an inner style ends, it would end the outer one too if both have the same
// end code, so the outer style begins again there. (Bold and dim share theirs but not their effect, so for them the
// end code stays.) Only an end code at the very end of the text is left as it is.

const { codes: { ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE } } = require('internal/errors');
const { validateBoolean, validateObject, validateOneOf, validateString } = require('internal/validators');
const { inspect } = require('internal/util/inspect');

const FOREGROUND_OFF = 39;
const INTENSITY_OFF = 22;
const HEX_COLOR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;

const escapeCode = (code) => `\u001b[${code}m`;

function hexCodes(name) {
  if (!HEX_COLOR.test(name)) {
    throw new ERR_INVALID_ARG_VALUE('format', name, 'must be a valid hex color (#RGB or #RRGGBB)');
  }
  const digits = name.length === 4 ? name.slice(1).replace(/./g, '$&$&') : name.slice(1);
  const [red, green, blue] = digits.match(/../g).map((pair) => Number.parseInt(pair, 16));
  return [`38;2;${red};${green};${blue}`, FOREGROUND_OFF];
}

function codesOf(name) {
  if (typeof name === 'string' && name.startsWith('#')) return hexCodes(name);
  const codes = inspect.colors[name];
  if (codes == null) validateOneOf(name, 'format', Object.keys(inspect.colors));
  return codes;
}

function reopen(text, open, close, keepsClose) {
  const end = text.length - close.length;
  const again = keepsClose ? close + open : open;
  return text.replaceAll(close, (_, offset) => (offset === end ? close : again));
}

function isStream(value) {
  const { isNodeStream, isReadableStream, isWritableStream } = require('internal/streams/utils');
  return isReadableStream(value) || isWritableStream(value) || isNodeStream(value);
}

function streamHasColors(stream) {
  if (!isStream(stream)) {
    throw new ERR_INVALID_ARG_TYPE('stream', ['ReadableStream', 'WritableStream', 'Stream'], stream);
  }
  return require('internal/util/colors').shouldColorize(stream);
}

/**
 * `text` in the style `format`: a name of `util.inspect.colors`, a hex color, 'none', or an array of such.
 * Returns `text` as it is if `options.stream` (process.stdout) shows no colors and `options.validateStream` is true.
 */
function styleText(format, text, options) {
  if (options !== undefined) validateObject(options, 'options');
  const validateStream = options?.validateStream ?? true;
  validateString(text, 'text');
  validateBoolean(validateStream, 'options.validateStream');
  const isPlain = validateStream && !streamHasColors(options?.stream ?? process.stdout);

  let opening = '';
  let closing = '';
  for (const name of Array.isArray(format) ? format : [format]) {
    if (name === 'none') continue;
    const [on, off] = codesOf(name);
    if (isPlain) continue;
    const open = escapeCode(on);
    const close = escapeCode(off);
    opening += open;
    closing = close + closing;
    text = reopen(text, open, close, off === INTENSITY_OFF);
  }
  return opening + text + closing;
}

module.exports = { styleText };
