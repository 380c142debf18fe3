'use strict';
// Numbers as inspect writes them: -0 keeps its sign, BigInts their n, and `numericSeparator` puts `_` between groups
// of three digits, counted from the decimal point in both directions.

const GROUP_BEFORE_POINT = /\B(?=(?:\d{3})+$)/g;
const GROUP_AFTER_POINT = /\d{3}(?=\d)/g;

function separated(value) {
  const text = String(value);
  const whole = Math.trunc(value);
  if (whole === value) {
    return !Number.isFinite(value) || text.includes('e') ? text : text.replace(GROUP_BEFORE_POINT, '_');
  }
  const point = text.indexOf('.');
  if (point === -1 || text.includes('e')) return text;
  const fraction = text.slice(point + 1).replace(GROUP_AFTER_POINT, '$&_');
  return `${text.slice(0, point).replace(GROUP_BEFORE_POINT, '_')}.${fraction}`;
}

function numberText(value, numericSeparator) {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return numericSeparator ? separated(value) : `${value}`;
}

function bigintText(value, numericSeparator) {
  const text = String(value);
  return numericSeparator ? `${text.replace(GROUP_BEFORE_POINT, '_')}n` : `${text}n`;
}

module.exports = { numberText, bigintText };
