'use strict';
// util.diff: the shortest edit script between two strings (by character) or two arrays of strings.
// E. W. Myers, "An O(ND) Difference Algorithm and Its Variations": for each number of edits, the furthest point
// reached on each diagonal; then the way back from the end gives the edits. The script goes from `expected` to
// `actual`: 1 is an insertion (only in actual), -1 a deletion (only in expected), 0 both.

const { validateString } = require('internal/validators');

const DELETE = -1;
const KEEP = 0;
const INSERT = 1;

/** For each number of edits, the furthest `x` by diagonal as they were before that round. */
function search(actual, expected) {
  const most = actual.length + expected.length;
  const reach = new Int32Array(2 * most + 2);
  const history = [];
  for (let edits = 0; edits <= most; edits++) {
    history.push(reach.slice());
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = cameFromAbove(reach, diagonal, edits, most) ?
        reach[most + diagonal + 1] :
        reach[most + diagonal - 1] + 1;
      while (x < actual.length && x - diagonal < expected.length && actual[x] === expected[x - diagonal]) x++;
      reach[most + diagonal] = x;
      if (x >= actual.length && x - diagonal >= expected.length) return history;
    }
  }
  return history;
}

function cameFromAbove(reach, diagonal, edits, most) {
  if (diagonal === -edits) return true;
  return diagonal !== edits && reach[most + diagonal - 1] < reach[most + diagonal + 1];
}

function traceBack(history, actual, expected) {
  const most = actual.length + expected.length;
  const script = [];
  let x = actual.length;
  let y = expected.length;
  for (let edits = history.length - 1; edits >= 0; edits--) {
    const reach = history[edits];
    const diagonal = x - y;
    const fromAbove = cameFromAbove(reach, diagonal, edits, most);
    const previousDiagonal = fromAbove ? diagonal + 1 : diagonal - 1;
    const previousX = edits === 0 ? 0 : reach[most + previousDiagonal];
    const previousY = edits === 0 ? 0 : previousX - previousDiagonal;
    while (x > previousX && y > previousY) {
      script.push([KEEP, actual[--x]]);
      y--;
    }
    if (edits === 0) break;
    if (fromAbove) script.push([DELETE, expected[--y]]);
    else script.push([INSERT, actual[--x]]);
  }
  return script.reverse();
}

function validateSide(value, name) {
  if (Array.isArray(value)) value.forEach((item, index) => validateString(item, `${name}[${index}]`));
  else validateString(value, name);
}

/** `[operation, text]` pairs; an empty array if both are the same. */
function diff(actual, expected) {
  if (actual === expected) return [];
  validateSide(actual, 'actual');
  validateSide(expected, 'expected');
  return traceBack(search(actual, expected), actual, expected);
}

module.exports = { diff };
