'use strict';

// Calls on the ring (`internal/fs/ring`) that take or give more than a path and numbers. Few programs make them.
//
// Theory of operation. An operation fills a slot and returns whether it could, or what makes the answer. That has
// `convert(result, at, bytes)`, which gives what Python's operation gives, of the kernel's result and of what it has
// written into the slot that lies in `bytes` from `at`. It gives null where the call failed, and undefined where that
// result does not tell: then `askPython(request)` has the pool in Python do it. Answers lie in the second half of the
// room for paths.

const { NOFOLLOW, addressOf } = require('internal/fs/calls');
const { placeOfPath, put, putArguments, putPath } = require('internal/fs/ring');

const { os: { errno: { EEXIST } } } = internalBinding('constants');
const binding = internalBinding('fs'); // Python's operations

// In a slot, in words of 32 bits and in bytes, as `internal/fs/ring` has it.
const PATH = 16;
const SIZE = 480; // of half of the room for paths
const START = PATH * 4 + SIZE;

// The kernel's numbers on x86-64.
const MKDIR = 83;
const READLINK = 89;
const STATFS = 137;
const UTIMENSAT = 280;
const LIST = 4096; // the ring's own: a directory's entries
const RESOLVE = 4097; // and a path without links
const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const O_DIRECTORY = 0o200000;
const O_PATH = 0o10000000;

const NAME_OF_LINK = 32; // bytes, that the worker needs before the path
const TIMES = 32; // bytes, before the path
const DELETED = ' (deleted)';
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** Whether a path, each of whose units has at most 3 bytes, leaves room for an answer. */
const leavesRoom = (path, before = 0) => path.length < (SIZE - before) / 3;
const placeOfAnswer = (at) => placeOfPath(at) + SIZE;

function pathOf(bytes, at, length, asBytes) {
  const start = at + START;
  if (!asBytes) return bytes.utf8Slice(start, start + length);
  return require('buffer').Buffer.from(bytes.subarray(start, start + length));
}

/** What a link says. */
class Link {
  constructor(path, asBytes) {
    this.path = path;
    this.asBytes = asBytes;
  }

  convert(result, at, bytes) {
    if (result === SIZE) return undefined; // there may be more
    return result < 0 ? null : pathOf(bytes, at, result, this.asBytes);
  }

  askPython(request) {
    binding.readlinkAsync(request, this.path, this.asBytes);
  }
}

/** A path without links. What the kernel tells of a file that has none, such as a pipe, is no path. */
class Resolved {
  constructor(path, asBytes) {
    this.path = path;
    this.asBytes = asBytes;
  }

  convert(result, at, bytes) {
    if (result < 0) return null;
    if (result === 0 || result === SIZE || bytes[at + START] !== 0x2f) return undefined;
    const found = pathOf(bytes, at, result, this.asBytes);
    return String(found).endsWith(DELETED) ? undefined : found; // that may be its name
  }

  askPython(request) {
    binding.realpathNativeAsync(request, this.path, this.asBytes);
  }
}

/** statfs(2) tells words of 64 bits: type, bsize, blocks, bfree, bavail, files, ffree, fsid, namelen, frsize. */
const fileSystem = {
  convert(result, at, bytes) {
    if (result < 0) return null;
    const word = (index) => Number(bytes.readBigUInt64LE(at + START + index * 8));
    const [type, bsize, ...counts] = Array.from({ length: 7 }, (_, index) => word(index));
    return [type, bsize, word(9) || bsize, ...counts];
  },
};

/** A new directory, named `prefix` and six letters or digits that nobody can guess. */
class NewDirectory {
  constructor(prefix, asBytes) {
    const { Buffer } = require('buffer');
    const ending = randomLetters();
    this.path = typeof prefix === 'string' ? prefix + ending : Buffer.concat([prefix, Buffer.from(ending)]);
    this.prefix = prefix;
    this.asBytes = asBytes;
  }

  convert(result) {
    if (result < 0) return result === -EEXIST ? undefined : null;
    return this.asBytes ? require('buffer').Buffer.from(this.path) : String(this.path).toWellFormed();
  }

  askPython(request) {
    binding.mkdtempAsync(request, this.prefix, this.asBytes);
  }
}

let letters = ''; // that nobody has used yet

function randomLetters() {
  while (letters.length < 6) {
    for (const byte of require('crypto').randomBytes(128)) letters += LETTERS.charAt(byte & 63); // of 64, two are none
  }
  const first = letters.slice(0, 6);
  letters = letters.slice(6);
  return first;
}

/** Put a time in seconds as the kernel has it, in seconds and nanoseconds, both whole; false if it is none. */
function putTime(at, time) {
  if (!(Math.abs(time) < Number.MAX_SAFE_INTEGER)) return false;
  const seconds = Math.floor(time);
  const nanoseconds = Math.round((time - seconds) * 1e9);
  put(at, nanoseconds < 1e9 ? seconds : seconds + 1);
  put(at + 2, nanoseconds % 1e9);
  return true;
}

const putTimes = (at, atime, mtime) => putTime(at + PATH, atime) && putTime(at + PATH + 4, mtime);

function timing(flags) {
  return (at, path, atime, mtime) => {
    const place = putPath(at, path, TIMES);
    if (place === 0 || !putTimes(at, atime, mtime)) return false;
    putArguments(at, UTIMENSAT, AT_FDCWD, place, placeOfPath(at), flags);
    return true;
  };
}

function listing(name, withTypes) {
  return (at, path, asBytes) => {
    const place = putPath(at, path);
    if (place === 0) return false;
    const entries = require('internal/fs/entries');
    const list = new entries.Listing((request) => binding[name](request, path, asBytes), asBytes, withTypes);
    putArguments(at, LIST, place, O_DIRECTORY | O_CLOEXEC, addressOf(list.buffer), entries.SIZE);
    put(at + 10, entries.SIZE);
    return list;
  };
}

module.exports = {
  readlinkAsync(at, path, asBytes) {
    if (!leavesRoom(path)) return false;
    putArguments(at, READLINK, putPath(at, path), placeOfAnswer(at), SIZE, 0);
    return new Link(path, asBytes);
  },
  realpathNativeAsync(at, path, asBytes) {
    if (!leavesRoom(path, NAME_OF_LINK)) return false;
    putArguments(at, RESOLVE, putPath(at, path, NAME_OF_LINK), O_PATH | O_CLOEXEC, placeOfAnswer(at), SIZE);
    return new Resolved(path, asBytes);
  },
  statfsAsync(at, path) {
    if (!leavesRoom(path)) return false;
    putArguments(at, STATFS, putPath(at, path), placeOfAnswer(at), 0, 0);
    return fileSystem;
  },
  mkdtempAsync(at, prefix, asBytes) {
    const made = new NewDirectory(prefix, asBytes);
    const place = putPath(at, made.path);
    if (place === 0) return false;
    putArguments(at, MKDIR, place, 0o700, 0, 0);
    return made;
  },
  futimesAsync(at, fd, atime, mtime) {
    if (!putTimes(at, atime, mtime)) return false;
    putArguments(at, UTIMENSAT, fd, 0, placeOfPath(at), 0);
    return true;
  },
  utimesAsync: timing(0),
  lutimesAsync: timing(NOFOLLOW),
  readdirAsync: listing('readdirAsync', false),
  readdirTypesAsync: listing('readdirTypesAsync', true),
};
