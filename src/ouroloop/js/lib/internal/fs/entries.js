'use strict';

// The entries of a directory, as the kernel writes them into memory (getdents64(2)).
//
// Theory of operation. A record has 19 bytes (inode, offset, the record's length, the type), then the name, which ends
// in NUL. Everything is read as one text in which each character is a byte: so names are compared as C compares them,
// and those that are ASCII are right as they are.

const { fs: constants, os: { errno: { EINVAL } } } = internalBinding('constants');

const LENGTH = 16;
const TYPE = 18;
const NAME = 19;
const SIZE = 32 * 1024; // bytes: some thousand entries
const KEPT = 8;

// The digit of `Dirent` (UV_DIRENT_*) for each of the kernel's types that there are.
const DIGITS = {
  __proto__: null,
  1: constants.UV_DIRENT_FIFO, 2: constants.UV_DIRENT_CHAR, 4: constants.UV_DIRENT_DIR, 6: constants.UV_DIRENT_BLOCK,
  8: constants.UV_DIRENT_FILE, 10: constants.UV_DIRENT_LINK, 12: constants.UV_DIRENT_SOCKET,
};

const buffers = []; // that are free

const byName = (a, b) => (a.name < b.name ? -1 : 1);

/** Entries in order: { name, type }, without `.` and `..`. A name has a character for each byte. */
function parse(buffer, end) {
  const text = buffer.latin1Slice(0, end);
  const found = [];
  for (let at = 0; at < end; at += buffer[at + LENGTH] | buffer[at + LENGTH + 1] << 8) {
    const name = text.slice(at + NAME, text.indexOf('\0', at + NAME));
    if (name !== '.' && name !== '..') found.push({ name, type: buffer[at + TYPE] });
  }
  return found.sort(byName);
}

function decode(name) {
  for (let index = 0; index < name.length; index++) {
    if (name.charCodeAt(index) > 0x7f) return require('buffer').Buffer.from(name, 'latin1').toString();
  }
  return name;
}

/** One directory on its way: where the kernel writes, and what is made of it. */
class Listing {
  constructor(askPython, asBytes, withTypes) {
    this.buffer = buffers.pop() ?? require('buffer').Buffer.allocUnsafeSlow(SIZE);
    this.askPython = askPython;
    this.asBytes = asBytes;
    this.withTypes = withTypes;
  }

  /** The names, perhaps with types, as Python's operation gives them; undefined if that must be asked. */
  convert(result) {
    const found = result < 0 ? undefined : parse(this.buffer, result);
    if (buffers.length < KEPT) buffers.push(this.buffer);
    this.buffer = undefined;
    if (found === undefined) return result === -EINVAL ? undefined : null;
    const { Buffer } = require('buffer');
    const names = found.map(({ name }) => (this.asBytes ? Buffer.from(name, 'latin1') : decode(name)));
    if (!this.withTypes) return names;
    const digits = found.map(({ type }) => DIGITS[type]);
    return digits.includes(undefined) ? undefined : [names, digits.join('')];
  }
}

module.exports = { Listing, SIZE };
