'use strict';

// Stats, as numbers and as BigInts: what `stat` tells of a file.
//
// Theory of operation. Python writes the numbers into memory that both languages see, room for two sets; an object is made
// from them at once, before anything else can run. Dates are made when they are first read.

const { os: { errno: errnos }, fs: constants } = internalBinding('constants');
const binding = internalBinding('fs');

const { S_IFMT, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFLNK, S_IFSOCK } = constants;
const SET = 18; // numbers in one set
const kNsPerMsBigInt = 10n ** 6n;
const kNsPerSecBigInt = 10n ** 9n;

let floats; // Float64Array
let integers; // BigInt64Array over the same memory

function memory() {
  if (floats === undefined) {
    floats = new Float64Array(2 * SET);
    integers = new BigInt64Array(floats.buffer);
    binding.share(internalBinding('util').address(floats.buffer));
  }
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

const msFromTime = (seconds, nanoseconds) => seconds * 1000 + nanoseconds / 1e6;
const dateFromMs = (ms) => new Date(Math.round(Number(ms)));

/** Dates that are made when first read, and may be written. */
function defineDates(prototype) {
  for (const name of ['atime', 'mtime', 'ctime', 'birthtime']) {
    const set = function(value) {
      Object.defineProperty(this, name, { __proto__: null, value, writable: true, enumerable: true, configurable: true });
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

/** The Stats that Python has just written; `offset` is 0, or 18 for the second set. */
function take(bigint, offset = 0) {
  if (bigint) return takeBigInts(offset);
  const f = floats;
  const o = offset;
  return new Stats(
    f[o], f[o + 1], f[o + 2], f[o + 3], f[o + 4], f[o + 5], f[o + 6], f[o + 7], f[o + 8], f[o + 9],
    msFromTime(f[o + 10], f[o + 11]), msFromTime(f[o + 12], f[o + 13]), msFromTime(f[o + 14], f[o + 15]),
    msFromTime(f[o + 16], f[o + 17]));
}

function takeBigInts(o) {
  const n = integers;
  const time = (at) => n[at] * kNsPerSecBigInt + n[at + 1];
  return new BigIntStats(
    n[o], n[o + 1], n[o + 2], n[o + 3], n[o + 4], n[o + 5], n[o + 6], n[o + 7], n[o + 8], n[o + 9],
    time(o + 10), time(o + 12), time(o + 14), time(o + 16));
}

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

module.exports = { Stats, BigIntStats, StatFs, memory, take, takeStatFs, SET, ENOENT: -errnos.ENOENT, ENOTDIR: -errnos.ENOTDIR };
