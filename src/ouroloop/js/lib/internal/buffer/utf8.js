'use strict';

// What is to be known of UTF-8's bytes without decoding them.

const memory = require('internal/buffer/memory');

// To here a loop is faster than a call of a native that is not of machine code.
const kShort = 512;
const isForLoop = (length) => length <= kShort && !memory.isCheap();

function isAscii(view) {
  const { length } = view;
  if (!isForLoop(length)) return memory.isAscii(view);
  let i = 0;
  while (i < length && view[i] < 0x80) i++;
  return i === length;
}

function isUtf8(view) {
  return (isForLoop(view.length) && isAscii(view)) || memory.isUtf8(view);
}

/**
 * What a lead byte wants: its number of continuation bytes and the range of the first of them, packed as
 * `count << 16 | lowest << 8 | highest`. The narrow ranges keep out overlong forms, surrogates and what is above
 * U+10FFFF.
 */
function continuation(lead) {
  if (lead < 0xc2 || lead > 0xf4) return 0;
  if (lead < 0xe0) return 0x180bf;
  if (lead < 0xf0) return lead === 0xe0 ? 0x2a0bf : lead === 0xed ? 0x2809f : 0x280bf;
  return lead === 0xf0 ? 0x390bf : lead === 0xf4 ? 0x3808f : 0x380bf;
}

/** How many bytes before `end` begin a character that has not ended; at most 3. */
function incompleteLength(view, start, end) {
  const earliest = Math.max(start, end - 3);
  for (let i = end - 1; i >= earliest; i--) {
    const byte = view[i];
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const wanted = continuation(byte);
    const present = end - i - 1;
    if (present >= wanted >> 16) return 0;
    const second = view[i + 1];
    const isPossible = present === 0 || (second >= ((wanted >> 8) & 0xff) && second <= (wanted & 0xff));
    return isPossible ? present + 1 : 0;
  }
  return 0;
}

module.exports = { incompleteLength, isAscii, isUtf8 };
