'use strict';

// Stats, as numbers and as BigInts: what `stat` tells of a file.
//
// Theory of operation. Python has statx(2) write what it tells into memory that both languages see; here it is read. A
// call that waits uses the frame of `internal/fs/calls`; one on the thread pool gets a slot of its own, for as long as
// it is under way. Dates are made when they are first read.

const { os: { errno: errnos }, fs: constants } = internalBinding('constants');
const { statWords } = require('internal/fs/calls');

const { S_IFMT, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFLNK, S_IFSOCK } = constants;
const kNsPerMsBigInt = 10n ** 6n;
const kNsPerSecBigInt = 10n ** 9n;

// Slots for calls on the thread pool

const SLOT_SIZE = 256; // bytes
const SLOTS_EACH = 64;
const free = [];

/** Memory for one answer: { address, words }. */
function takeSlot() {
  if (free.length === 0) makeSlots();
  return free.pop();
}

function makeSlots() {
  const memory = new ArrayBuffer(SLOT_SIZE * SLOTS_EACH);
  const address = internalBinding('memory').address(memory);
  for (let at = 0; at < memory.byteLength; at += SLOT_SIZE) {
    free.push({ address: address + at, words: new Uint32Array(memory, at, SLOT_SIZE / 4) });
  }
}

function giveBack(slot) {
  free.push(slot);
}

class StatsBase {
  isDirectory() {
    return this._checkModeProperty(S_IFDIR);
  }

  isFile() {
    return this._checkModeProperty(S_IFREG);
  }

  isBlockDevice() {
    return this._checkModeProperty(S_IFBLK);
  }

  isCharacterDevice() {
    return this._checkModeProperty(S_IFCHR);
  }

  isSymbolicLink() {
    return this._checkModeProperty(S_IFLNK);
  }

  isFIFO() {
    return this._checkModeProperty(S_IFIFO);
  }

  isSocket() {
    return this._checkModeProperty(S_IFSOCK);
  }
}

const dateFromMs = (ms) => new Date(Math.round(Number(ms)));

/** Dates that are made when first read, and may be written. */
function defineDates(prototype) {
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
    const set = function(value) {
      Object.defineProperty(
        this, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
    };
    Object.defineProperty(prototype, name, {
      __proto__: null,
      enumerable: true,
      configurable: true,
      get() {
        const value = dateFromMs(this[`${name}Ms`]);
        Reflect.apply(set, this, [value]);
        return value;
      },
      set,
    });
  }
}

function Stats(
  dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeMs, mtimeMs, ctimeMs, birthtimeMs,
) {
  this.dev = dev;
  this.mode = mode;
  this.nlink = nlink;
  this.uid = uid;
  this.gid = gid;
  this.rdev = rdev;
  this.blksize = blksize;
  this.ino = ino;
  this.size = size;
  this.blocks = blocks;
  this.atimeMs = atimeMs;
  this.mtimeMs = mtimeMs;
  this.ctimeMs = ctimeMs;
  this.birthtimeMs = birthtimeMs;
}
Object.setPrototypeOf(Stats.prototype, StatsBase.prototype);
Object.setPrototypeOf(Stats, StatsBase);
Stats.prototype._checkModeProperty = function(property) {
  return (this.mode & S_IFMT) === property;
};
defineDates(Stats.prototype);

function BigIntStats(
  dev, mode, nlink, uid, gid, rdev, blksize, ino, size, blocks, atimeNs, mtimeNs, ctimeNs, birthtimeNs,
) {
  this.dev = dev;
  this.mode = mode;
  this.nlink = nlink;
  this.uid = uid;
  this.gid = gid;
  this.rdev = rdev;
  this.blksize = blksize;
  this.ino = ino;
  this.size = size;
  this.blocks = blocks;
  this.atimeMs = atimeNs / kNsPerMsBigInt;
  this.mtimeMs = mtimeNs / kNsPerMsBigInt;
  this.ctimeMs = ctimeNs / kNsPerMsBigInt;
  this.birthtimeMs = birthtimeNs / kNsPerMsBigInt;
  this.atimeNs = atimeNs;
  this.mtimeNs = mtimeNs;
  this.ctimeNs = ctimeNs;
  this.birthtimeNs = birthtimeNs;
}
Object.setPrototypeOf(BigIntStats.prototype, StatsBase.prototype);
Object.setPrototypeOf(BigIntStats, StatsBase);
BigIntStats.prototype._checkModeProperty = function(property) {
  return (this.mode & BigInt(S_IFMT)) === BigInt(property);
};
defineDates(BigIntStats.prototype);

// Places of statx(2)'s fields, in words of 32 bits.
const BLKSIZE = 1;
const NLINK = 4;
const UID = 5;
const GID = 6;
const MODE = 7;
const INO = 8;
const SIZE = 10;
const BLOCKS = 12;
const ATIME = 16;
const BIRTHTIME = 20;
const CTIME = 24;
const MTIME = 28;
const RDEV = 32;
const DEV = 34;

const long = (words, at) => words[at] + words[at + 1] * 0x100000000;
const seconds = (words, at) => words[at] + (words[at + 1] | 0) * 0x100000000;
const milliseconds = (words, at) => seconds(words, at) * 1000 + words[at + 2] / 1e6;

/** A device's number, of its major and its minor one, as the C library has it. */
function device(words, at) {
  const major = words[at];
  const minor = words[at + 1];
  const low = ((major & 0xfff) << 8 | (minor & 0xff) | (minor & 0xfff00) << 12) >>> 0;
  const high = (major & 0xfffff000) | (minor >>> 20);
  return low + high * 0x100000000;
}

/** The Stats that lie in memory. */
function take(bigint, words = statWords) {
  if (bigint) return takeBigInts(words);
  return new Stats(
    device(words, DEV), words[MODE] & 0xffff, words[NLINK], words[UID], words[GID], device(words, RDEV), words[BLKSIZE],
    long(words, INO), long(words, SIZE), long(words, BLOCKS), milliseconds(words, ATIME), milliseconds(words, MTIME),
    milliseconds(words, CTIME), milliseconds(words, BIRTHTIME));
}

function takeBigInts(words) {
  const big = (at) => BigInt(words[at]) | BigInt(words[at + 1]) << 32n;
  const time = (at) => BigInt.asIntN(64, big(at)) * kNsPerSecBigInt + BigInt(words[at + 2]);
  return new BigIntStats(
    BigInt(device(words, DEV)), BigInt(words[MODE] & 0xffff), BigInt(words[NLINK]), BigInt(words[UID]),
    BigInt(words[GID]), BigInt(device(words, RDEV)), BigInt(words[BLKSIZE]), big(INO), big(SIZE), big(BLOCKS),
    time(ATIME), time(MTIME), time(CTIME), time(BIRTHTIME));
}

/** What the last call told, without an object: is it a plain file, and how large? */
const isPlainFile = () => (statWords[MODE] & S_IFMT) === S_IFREG;
const sizeOfFile = () => long(statWords, SIZE);

class StatFs {
  constructor(type, bsize, frsize, blocks, bfree, bavail, files, ffree) {
    this.type = type;
    this.bsize = bsize;
    this.frsize = frsize;
    this.blocks = blocks;
    this.bfree = bfree;
    this.bavail = bavail;
    this.files = files;
    this.ffree = ffree;
  }
}

function takeStatFs(numbers, bigint) {
  return new StatFs(...(bigint ? numbers.map(BigInt) : numbers));
}

module.exports = {
  SLOT_SIZE, Stats, StatFs, giveBack, isPlainFile, sizeOfFile, take, takeSlot, takeStatFs,
  ENOENT: -errnos.ENOENT, ENOTDIR: -errnos.ENOTDIR,
};
