'use strict';

// send(2) and recv(2), called from JavaScript with no Python in between (natives/socket.py).
//
// Theory of operation. What is to be sent, text or bytes, is put together in memory that lies here; a native hands it
// to the kernel. What is larger than that memory, or arrives where there is no machine code, is not for here. What is
// received lies in other memory here until more is.
//
// What surprises people: the kernel may take a part, or nothing; what it left stays in the memory until the next call.

const { utf8Write } = require('internal/buffer/memory');

const native = internalBinding('socket');

const SIZE = 65536;
const UTF8_MOST = 3; // bytes for a unit of a string

// Places in the frame: words of 64 bits, whose lower half comes first.
const RESULT = 0;
const FD = 2;
const POSITION = 4;
const LENGTH = 6;

let words; // Int32Array
let bytes; // Uint8Array: what is sent
let incoming; // Uint8Array: what was received
let isThere;

function share() {
  words = new Int32Array(8);
  bytes = new Uint8Array(SIZE);
  incoming = new Uint8Array(SIZE);
  isThere = native.shareFrame(words.buffer);
}

/** Whether these calls are there, for `size` bytes at a time. */
function canReceive(size) {
  if (words === undefined) share();
  return isThere && size <= SIZE;
}

/** Put text, bytes, or an array of these into the memory. How many bytes it is; -1 when it cannot be. */
function gather(data) {
  if (words === undefined) share();
  if (!isThere) return -1;
  if (!Array.isArray(data)) return put(data, 0);
  let size = 0;
  for (let i = 0; i < data.length && size >= 0; i++) size = put(data[i], size);
  return size;
}

/** Where the memory is free after `data` was put at `start`; -1 when there is too little of it. */
function put(data, start) {
  const left = SIZE - start;
  if (typeof data === 'string') {
    return data.length * UTF8_MOST > left ? -1 : start + utf8Write(bytes, data, start, left);
  }
  if (data.byteLength > left) return -1;
  bytes.set(data, start);
  return start + data.byteLength;
}

/** Send the first `size` bytes of the memory. How many went, or a negative errno. */
function send(fd, size) {
  prepare(fd, size);
  native.callSend(bytes.buffer);
  return words[RESULT];
}

/** Receive `size` bytes at most. How many came, 0 at the end, or a negative errno. */
function receive(fd, size) {
  prepare(fd, size);
  native.callReceive(incoming.buffer);
  return words[RESULT];
}

function prepare(fd, size) {
  words[FD] = fd;
  words[POSITION] = 0; // it becomes an address
  words[POSITION + 1] = 0;
  words[LENGTH] = size;
}

/** What was received last, which begins this memory. */
const received = () => incoming;

/** A copy of what lies in the memory from `start` to `end`. */
const copy = (start, end) => bytes.slice(start, end);

module.exports = { canReceive, gather, send, receive, received, copy };
