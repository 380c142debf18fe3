'use strict';
// The shortest edit script between two lists (E. Myers, "An O(ND) difference algorithm and its variations", 1986), and
// how `assert` prints it.
//
// An edit is `[kind, text]`: kUnchanged, kInsert (only in `actual`) or kDelete (only in `expected`). Lines of objects
// may differ by a trailing comma alone, because a neighbour is missing: then they count as the same and the one with
// the comma is shown.

const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');
const colors = require('internal/util/colors');

const kDelete = -1;
const kUnchanged = 0;
const kInsert = 1;

// Of a long run of unchanged lines the first five are shown and the one before the next change.
const kShownUnchanged = 5;

function isSameLine(a, b) {
  return a === b || `${a},` === b || a === `${b},`;
}

/**
 * The furthest x on each diagonal k = x - y, remembered for each number of edits. `offset` keeps the indices positive.
 */
function searchFurthest(actual, expected, isSame) {
  const max = actual.length + expected.length;
  const offset = max;
  const furthest = new Int32Array(2 * max + 2);
  const history = [];
  for (let edits = 0; edits <= max; edits++) {
    history.push(furthest.slice(offset - edits, offset + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const at = offset + k;
      const isDown = k === -edits || (k !== edits && furthest[at - 1] < furthest[at + 1]);
      let x = isDown ? furthest[at + 1] : furthest[at - 1] + 1;
      let y = x - k;
      while (x < actual.length && y < expected.length && isSame(actual[x], expected[y])) {
        x++;
        y++;
      }
      furthest[at] = x;
      if (x >= actual.length && y >= expected.length) return history;
    }
  }
  return history;
}

/**
 * @param {ArrayLike<string>} actual
 * @param {ArrayLike<string>} expected
 * @param {boolean} ignoresComma whether a trailing comma makes no difference
 * @returns {[kind: number, text: string][]} from the first line to the last
 */
function myersDiff(actual, expected, ignoresComma = false) {
  const size = actual.length + expected.length;
  if (size >= 2 ** 31 - 1) throw new ERR_OUT_OF_RANGE('myersDiff input size', '< 2^31', size);
  const history = searchFurthest(actual, expected, ignoresComma ? isSameLine : Object.is);
  const edits = [];
  let x = actual.length;
  let y = expected.length;
  const takeUnchanged = () => {
    x--;
    y--;
    edits.push([kUnchanged, ignoresComma && expected[y].endsWith(',') ? expected[y] : actual[x]]);
  };
  for (let count = history.length - 1; count >= 0; count--) {
    const furthest = history[count];
    // The middle of the slice is diagonal 0.
    const reach = (k) => furthest[k + count];
    const k = x - y;
    const isDown = k === -count || (k !== count && reach(k - 1) < reach(k + 1));
    const previousK = isDown ? k + 1 : k - 1;
    const previousX = reach(previousK);
    const previousY = previousX - previousK;
    while (x > previousX && y > previousY && x > 0 && y > 0) takeUnchanged();
    if (count === 0) break;
    if (isDown) edits.push([kDelete, expected[--y]]);
    else edits.push([kInsert, actual[--x]]);
  }
  return edits.reverse();
}

/** Groups neighbours of the same kind: `[kind, texts]`. */
function groupEdits(edits) {
  const runs = [];
  for (const [kind, text] of edits) {
    const last = runs[runs.length - 1];
    if (last?.[0] === kind) last[1].push(text);
    else runs.push([kind, [text]]);
  }
  return runs;
}

function printUnchanged(lines, isLast) {
  const print = (line) => `${colors.white}  ${line}\n`;
  const hidden = lines.length - kShownUnchanged;
  if (isLast || hidden <= 2) {
    const shown = isLast ? lines.slice(0, kShownUnchanged) : lines;
    return { text: shown.map(print).join(''), isSkipped: false };
  }
  const shown = lines.slice(0, kShownUnchanged).map(print).join('');
  return { text: `${shown}${colors.blue}...${colors.white}\n${print(lines[lines.length - 1])}`, isSkipped: true };
}

function printChanged(kind, lines, isPartial) {
  const { green, gray, red, white, hasColors } = colors;
  if (kind === kDelete) return lines.map((line) => `${red}-${white} ${line}\n`).join('');
  // What the expectation leaves out is no fault: it is shown, but not as one.
  if (isPartial) return lines.map((line) => `${gray}${hasColors ? ' ' : '+'} ${line}${white}\n`).join('');
  return lines.map((line) => `${green}+${white} ${line}\n`).join('');
}

/** @returns {{ message: string, isSkipped: boolean }} isSkipped: some unchanged lines are left out */
function printMyersDiff(edits, isPartial = false) {
  let message = '';
  let isSkipped = false;
  const runs = groupEdits(edits);
  for (const [index, [kind, lines]] of runs.entries()) {
    if (kind === kUnchanged) {
      const run = printUnchanged(lines, index === runs.length - 1);
      message += run.text;
      isSkipped ||= run.isSkipped;
    } else {
      message += printChanged(kind, lines, isPartial);
    }
  }
  return { message: `\n${message.trimEnd()}`, isSkipped };
}

/** For two texts of one line: every character in its colour. */
function printCharacterDiff(edits) {
  const { green, red, white } = colors;
  const colorOf = { [kDelete]: red, [kUnchanged]: white, [kInsert]: green };
  return `\n${edits.map(([kind, char]) => `${colorOf[kind]}${char}${white}`).join('')}`;
}

module.exports = { myersDiff, printCharacterDiff, printMyersDiff };
