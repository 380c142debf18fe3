'use strict';
// Whether a stream shows colors, and the escape codes that core modules use on stderr (empty when it shows none).
// FORCE_COLOR decides over everything else.

const CODES = {
  __proto__: null,
  blue: '\u001b[34m',
  green: '\u001b[32m',
  white: '\u001b[39m',
  yellow: '\u001b[33m',
  red: '\u001b[31m',
  gray: '\u001b[90m',
  cyan: '\u001b[36m',
  clear: '\u001bc',
  reset: '\u001b[0m',
};
// Depth in bits: 1 is black and white.
const DEPTH_WITHOUT_COLORS = 2;

const colors = module.exports = {
  hasColors: false,

  shouldColorize(stream) {
    if (process.env.FORCE_COLOR !== undefined) {
      return require('tty').WriteStream.prototype.getColorDepth() > DEPTH_WITHOUT_COLORS;
    }
    if (!stream?.isTTY) return false;
    return typeof stream.getColorDepth !== 'function' || stream.getColorDepth() > DEPTH_WITHOUT_COLORS;
  },

  /** Looks at stderr again. */
  refresh() {
    colors.hasColors = colors.shouldColorize(process.stderr);
    for (const name in CODES) colors[name] = colors.hasColors ? CODES[name] : '';
  },
};
for (const name in CODES) colors[name] = '';
