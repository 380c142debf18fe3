'use strict';

// Random bytes and hashes in one call.
//
// Theory of operation. What a call needs is written into memory that Python sees too; the natives (`natives/crypto.py`)
// are of machine code where that can be. There `digest` makes a hash of bytes that lie together, at the cost of the
// hash; elsewhere `canDigest` knows none.

const { Buffer } = require('buffer');

const binding = internalBinding('crypto');

// Places in the frame: words of 64 bits, whose lower half comes first.
const RESULT = 0;
const POSITION = 2;
const LENGTH = 4;
const TYPE = 6;
const SIZE = 8;
const DIGEST = 40; // bytes
const FRAME_SIZE = 112;

const frame = new ArrayBuffer(FRAME_SIZE);
const words = new Int32Array(frame);
const digestBytes = new Uint8Array(frame, DIGEST);
const types = new Map(); // name -> where OpenSSL has the hash
let isShared = false;

function share() {
  binding.shareFrame(frame);
  isShared = true;
}

function putLong(place, value) {
  words[place] = value;
  words[place + 1] = Math.floor(value / 0x100000000);
}

function pass(position, length) {
  if (!isShared) share();
  putLong(POSITION, position);
  putLong(LENGTH, length);
}

/** Fill a view with random bytes. */
function fillRandom(view) {
  let done = 0;
  while (done < view.byteLength) {
    pass(view.byteOffset + done, view.byteLength - done);
    binding.fillRandom(view.buffer);
    if (words[RESULT] > 0) done += words[RESULT]; // else a signal came
  }
}

/** Is there `digest` for this hash? */
function canDigest(name) {
  let type = types.get(name);
  if (type === undefined) types.set(name, type = binding.digestType(name));
  return type !== 0;
}

/** The hash of a view's bytes; undefined if OpenSSL refuses it. */
function digest(name, view) {
  pass(view.byteOffset, view.byteLength);
  putLong(TYPE, types.get(name));
  binding.digestAtOnce(view.buffer);
  if (words[RESULT] !== 1) return undefined;
  return Buffer.from(digestBytes.subarray(0, words[SIZE]));
}

module.exports = { canDigest, digest, fillRandom };
