'use strict';

// What the line editor needs to know about text and keys: how long a character is, and which key a sequence of bytes
// from a terminal stands for. `emitKeys` is a generator that is fed one character at a time; the empty string means
// "no more came in time", which is how a lone Escape is told from the start of a sequence.

const ESCAPE = '\x1b';
const kSubstringSearch = Symbol('kSubstringSearch');

/** A template tag: `CSI` followed by what is in the template. */
function CSI(strings, ...values) {
  return `${ESCAPE}[${String.raw({ raw: strings }, ...values)}`;
}
CSI.kEscape = ESCAPE;
CSI.kClearToLineBeginning = CSI`1K`;
CSI.kClearToLineEnd = CSI`0K`;
CSI.kClearLine = CSI`2K`;
CSI.kClearScreenDown = CSI`0J`;

/** How many code units the character left of `i` has. */
function charLengthLeft(string, i) {
  if (i <= 0) return 0;
  return string.codePointAt(i - 2) > 0xffff || string.codePointAt(i - 1) > 0xffff ? 2 : 1;
}

/** How many code units the character at `i` has. Past the end: 1, so that something may be pushed from there. */
function charLengthAt(string, i) {
  return string.length <= i || string.codePointAt(i) <= 0xffff ? 1 : 2;
}

function reverseString(string) {
  return [...string].reverse().join('');
}

function commonPrefix(strings) {
  if (strings.length === 0) return '';
  const sorted = strings.toSorted();
  const [first] = sorted;
  const last = sorted[sorted.length - 1];
  let i = 0;
  while (i < first.length && first[i] === last[i]) i++;
  return first.slice(0, i);
}

/** Key names by code; a second element tells which modifier the code implies. */
const KEYS = new Map();

function names(prefix, table, suffix = '', modifier = undefined) {
  for (const [key, name] of Object.entries(table)) KEYS.set(`${prefix}${key}${suffix}`, [name, modifier]);
}

const ARROWS = { A: 'up', B: 'down', C: 'right', D: 'left', E: 'clear' };
const ARROWS_AND_ENDS = { ...ARROWS, F: 'end', H: 'home' };
const EDITING = { 2: 'insert', 3: 'delete', 5: 'pageup', 6: 'pagedown', 7: 'home', 8: 'end' };
const LOWER_ARROWS = Object.fromEntries(Object.entries(ARROWS).map(([key, name]) => [key.toLowerCase(), name]));
const FUNCTION_KEYS = {
  11: 'f1', 12: 'f2', 13: 'f3', 14: 'f4', 15: 'f5', 17: 'f6',
  18: 'f7', 19: 'f8', 20: 'f9', 21: 'f10', 23: 'f11', 24: 'f12',
};

names('O', { P: 'f1', Q: 'f2', R: 'f3', S: 'f4' });
names('[', { P: 'f1', Q: 'f2', R: 'f3', S: 'f4' });
names('[[', { A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5' });
names('[', FUNCTION_KEYS, '~');
names('[', ARROWS_AND_ENDS);
names('O', ARROWS_AND_ENDS);
names('[', { ...EDITING, 1: 'home', 4: 'end', 200: 'paste-start', 201: 'paste-end' }, '~');
names('[[', { 5: 'pageup', 6: 'pagedown' }, '~');
names('[', LOWER_ARROWS, '', 'shift');
names('O', LOWER_ARROWS, '', 'ctrl');
names('[', EDITING, '$', 'shift');
names('[', EDITING, '^', 'ctrl');
names('[', { Z: 'tab' }, '', 'shift');

const isDigit = (character) => character >= '0' && character <= '9';

/** Reads the rest of `ESC O` or `ESC [`; returns the whole sequence, its code, and its modifier bits. */
function* readSequence(sequence, introducer) {
  let code = introducer;
  let modifier = 0;
  let character = yield;
  sequence += character;

  if (introducer === 'O') {
    // ESC O letter, or ESC O modifier letter
    if (isDigit(character)) {
      modifier = Number(character) - 1;
      character = yield;
      sequence += character;
    }
    return { sequence, code: code + character, modifier };
  }

  if (character === '[') {
    // ESC [ [ letter
    code += character;
    character = yield;
    sequence += character;
  }
  const start = sequence.length - 1;
  for (let digits = 0; digits < 3 && isDigit(character); digits++) {
    character = yield;
    sequence += character;
  }
  if (character === ';') {
    character = yield;
    sequence += character;
    if (isDigit(character)) {
      character = yield;
      sequence += character;
    }
  }
  return { sequence, ...parseCommand(code, sequence.slice(start)) };
}

function parseCommand(code, command) {
  let match = /^(?:(\d\d?)(?:;(\d))?([~^$])|(\d{3}~))$/.exec(command);
  if (match?.[4]) return { code: code + match[4], modifier: 0 };
  if (match) return { code: code + match[1] + match[3], modifier: (match[2] || 1) - 1 };
  match = /^((\d;)?(\d))?([A-Za-z])$/.exec(command);
  if (match) return { code: code + match[4], modifier: (match[3] || 1) - 1 };
  return { code: code + command, modifier: 0 };
}

function nameSequence(key, code, modifier) {
  key.ctrl = Boolean(modifier & 4);
  key.meta = Boolean(modifier & 10);
  key.shift = Boolean(modifier & 1);
  key.code = code;
  const [name, implied] = KEYS.get(code) ?? ['undefined'];
  key.name = name;
  if (implied) key[implied] = true;
}

const PLAIN = new Map([
  ['\r', 'return'], ['\n', 'enter'], ['\t', 'tab'], ['\b', 'backspace'], ['\x7f', 'backspace'], [ESCAPE, 'escape'],
  [' ', 'space'],
]);

function nameCharacter(key, character, escaped) {
  if (PLAIN.has(character)) {
    key.name = PLAIN.get(character);
    key.meta = escaped;
  } else if (!escaped && character <= '\x1a') {
    key.name = String.fromCharCode(character.charCodeAt(0) + 96);
    key.ctrl = true;
  } else if (/^[0-9A-Za-z]$/.test(character)) {
    key.name = character.toLowerCase();
    key.shift = /^[A-Z]$/.test(character);
    key.meta = escaped;
  } else if (escaped) {
    key.name = character.length ? undefined : 'escape';
    key.meta = true;
  }
}

function* emitKeys(stream) {
  for (;;) {
    let character = yield;
    let sequence = character;
    const key = { sequence: null, name: undefined, ctrl: false, meta: false, shift: false };
    const escaped = character === ESCAPE;
    if (escaped) {
      character = yield;
      sequence += character;
      if (character === ESCAPE) {
        character = yield;
        sequence += character;
      }
    }
    if (escaped && (character === 'O' || character === '[')) {
      const read = yield* readSequence(sequence, character);
      sequence = read.sequence;
      nameSequence(key, read.code, read.modifier);
    } else {
      nameCharacter(key, character, escaped);
    }
    key.sequence = sequence;
    if (sequence.length !== 0 && (key.name !== undefined || escaped)) {
      stream.emit('keypress', escaped ? undefined : sequence, key);
    } else if (charLengthAt(sequence, 0) === sequence.length) {
      // One character that has no name.
      stream.emit('keypress', sequence, key);
    }
  }
}

module.exports = { CSI, charLengthAt, charLengthLeft, commonPrefix, emitKeys, kSubstringSearch, reverseString };
