'use strict';

// The system calls that `fs` makes and waits for.
//
// Theory of operation. What a call needs is written into memory that Python sees too, then a native is called that
// takes no arguments (`natives/fs.py`). Each function here gives what the call gave, or a negative errno. What `stat`
// tells stays in that memory (`statWords`) until the next call.

const { os: { errno: { EINTR, ENAMETOOLONG } } } = internalBinding('constants');
const binding = internalBinding('fs');

// Places in the frame, as Python has them: words of 64 bits, whose lower half comes first.
const RESULT = 0;
const FD = 2;
const FLAGS = 4;
const MODE = 6;
const LENGTH = 8;
const OFFSET = 10;
const POSITION = 12;
const STATS = 256;
const PATH = 1024;
const PATH_MAX = 4096;
const NOFOLLOW = 0x100;
const MOST = 0x7ffff000; // bytes that Linux transfers in one call

const frame = new ArrayBuffer(PATH + PATH_MAX + 1);
const integers = new Int32Array(frame, 0, 16);
const words = new Uint32Array(frame, 0, 16); // the same without signs
const pathBytes = new Uint8Array(frame, PATH);
const statWords = new Uint32Array(frame, STATS, 128);
let isShared = false;
let closeOnExec; // O_CLOEXEC
let isQuick = false; // whether natives are of machine code

function share() {
  binding.shareFrame(frame);
  closeOnExec = integers[RESULT];
  isQuick = integers[FD] === 1;
  isShared = true;
}

/** Write an integer of at most 53 bits as 64, to two words of 32. */
function putLong(target, place, value) {
  target[place] = value;
  target[place + 1] = Math.floor(value / 0x100000000);
}

/** Write a path, a string or bytes, with a NUL behind it. False if it takes more than `most` bytes. */
function writePath(target, start, most, path) {
  let { length } = path;
  if (length > most) return false;
  if (typeof path !== 'string') {
    target.set(path, start);
  } else {
    for (let index = 0; index < length; index++) {
      const unit = path.charCodeAt(index);
      if (unit > 0x7f) {
        const { utf8Length, utf8Write } = require('internal/buffer/strings');
        length = utf8Length(path);
        if (length > most) return false;
        utf8Write(target, path, start, length);
        break;
      }
      target[start + index] = unit;
    }
  }
  target[start + length] = 0;
  return true;
}

/** Put a path into the frame. False if it is too long for the system. */
function putPath(path) {
  if (!isShared) share();
  return writePath(pathBytes, 0, PATH_MAX - 1, path);
}

function open(path, flags, mode) {
  if (!putPath(path)) return -ENAMETOOLONG;
  integers[FLAGS] = flags | closeOnExec;
  integers[MODE] = mode;
  do binding.callOpen();
  while (integers[RESULT] === -EINTR);
  return integers[RESULT];
}

function close(fd) {
  if (!isShared) share();
  integers[FD] = fd;
  binding.callClose();
  // Interrupted or not, it is closed.
  return integers[RESULT] === -EINTR ? 0 : integers[RESULT];
}

function access(path, mode) {
  if (!putPath(path)) return -ENAMETOOLONG;
  integers[MODE] = mode;
  binding.callAccess();
  return integers[RESULT];
}

function stat(path) {
  if (!putPath(path)) return -ENAMETOOLONG;
  integers[FLAGS] = 0;
  binding.callStat();
  return integers[RESULT];
}

function lstat(path) {
  if (!putPath(path)) return -ENAMETOOLONG;
  integers[FLAGS] = NOFOLLOW;
  binding.callStat();
  return integers[RESULT];
}

function fstat(fd) {
  if (!isShared) share();
  integers[FD] = fd;
  binding.callFstat();
  return integers[RESULT];
}

// Reading and writing

const addresses = new WeakMap(); // of ArrayBuffers

/** Where a view's bytes lie in memory. */
function addressOf(view, offset = 0) {
  if (!isShared) share();
  if (!isQuick) return rememberedAddress(view.buffer) + view.byteOffset + offset;
  binding.addressOf(view.buffer);
  return words[RESULT] + words[RESULT + 1] * 0x100000000 + view.byteOffset + offset;
}

function rememberedAddress(buffer) {
  let address = addresses.get(buffer);
  if (address === undefined) {
    address = internalBinding('memory').address(buffer);
    addresses.set(buffer, address);
  }
  return address;
}

function pass(fd, offset, length, position) {
  if (!isShared) share();
  integers[FD] = fd;
  integers[LENGTH] = Math.min(length, MOST);
  putLong(integers, OFFSET, offset);
  if (position >= 0) putLong(integers, POSITION, position);
}

/** Read into a view; `position` is -1 for "where the file is". */
function read(fd, view, offset, length, position) {
  pass(fd, addressOf(view, offset), length, position);
  do {
    if (position < 0) binding.callRead();
    else binding.callReadAt();
  } while (integers[RESULT] === -EINTR);
  return integers[RESULT];
}

/** `read`, from where the file is, into a view whose buffer is new. */
function readIntoNew(fd, view, offset, length) {
  pass(fd, view.byteOffset + offset, length, -1);
  do binding.callReadIn(view.buffer);
  while (integers[RESULT] === -EINTR);
  return integers[RESULT];
}

function write(fd, view, offset, length, position) {
  pass(fd, addressOf(view, offset), length, position);
  do {
    if (position < 0) binding.callWrite();
    else binding.callWriteAt();
  } while (integers[RESULT] === -EINTR);
  return integers[RESULT];
}

/** `write`, to where the file is, of a view whose buffer may not be seen again. */
function writeOnce(fd, view, offset, length) {
  pass(fd, view.byteOffset + offset, length, -1);
  do binding.callWriteIn(view.buffer);
  while (integers[RESULT] === -EINTR);
  return integers[RESULT];
}

/** Wake threads that wait for the word at `address` to change, at most `count`. */
function wake(address, count) {
  if (!isShared) share();
  putLong(integers, OFFSET, address);
  integers[LENGTH] = count;
  binding.callWake();
}

module.exports = {
  MOST, NOFOLLOW, access, addressOf, close, fstat, lstat, open, putLong, read, readIntoNew, stat, statWords, wake,
  write, writeOnce, writePath,
};
