'use strict';

// The blobs that have an URL (`URL.createObjectURL`), and are kept alive by it until it is revoked.
//
// Only this process can resolve such an URL. What is kept is the blob, whose data does not change.

const PREFIX = 'blob:nodedata:';

const blobs = new Map();

function randomDigits(count) {
  return Array.from({ length: count }, () => Math.floor(Math.random() * 16).toString(16)).join('');
}

/** A version 4 UUID; it need not be hard to guess, as nobody else can use it. */
function newId() {
  const variant = '89ab'[Math.floor(Math.random() * 4)];
  return `${randomDigits(8)}-${randomDigits(4)}-4${randomDigits(3)}-${variant}${randomDigits(3)}-${randomDigits(12)}`;
}

/** The new URL of `blob`. */
function store(blob) {
  let id;
  do {
    id = newId();
  } while (blobs.has(id));
  blobs.set(id, blob);
  return PREFIX + id;
}

const idOf = (url) => (url.startsWith(PREFIX) ? url.slice(PREFIX.length) : undefined);

/** The blob of an URL, or undefined. */
function resolve(url) {
  return blobs.get(idOf(url));
}

function revoke(url) {
  blobs.delete(idOf(url));
}

module.exports = { resolve, revoke, store };
