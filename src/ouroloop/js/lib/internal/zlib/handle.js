'use strict';

// ZlibHandle: a codec of Python's, as the streams of zlib have it in `_handle`.
//
// Theory of operation. A handle is a number for Python (bindings/zlib.py). A write gives it a place in memory; what
// comes back are pieces of output, several at a time, and whether there is more for `more` to fetch.
//
// What surprises people: programs on npm reach for this object. `close`, `reset`, `params` and `writeSync`, which works
// on memory step by step and tells what is left of both sides in `_writeState`, are for them, too.

const { codes: { ERR_ZLIB_INITIALIZATION_FAILED }, genericNodeError } = require('internal/errors');
const { addressOf } = require('internal/fs/calls');
const { start } = require('internal/requests');
const { KINDS } = require('internal/zlib/options');

const binding = internalBinding('zlib');

const NOWHERE = 0;

/** Where the bytes of a view lie. */
function place(view, offset = 0) {
  return view.byteLength > 0 ? addressOf(view, offset) : NOWHERE;
}

/** The error that Python tells as `[code, errno, message]`. */
function errorFrom([code, errno, message]) {
  return genericNodeError(message, { errno, code });
}

let forgotten; // closes the codecs of handles that are gone

class ZlibHandle {
  onerror = undefined;
  #number;
  #consumed = 0;
  #writeState;

  constructor(mode, settings, writeState) {
    const number = binding.open(KINDS[mode].form, settings);
    if (typeof number !== 'number') throw initializationError(number);
    this.#number = number;
    this.#writeState = writeState;
    forgotten ??= new FinalizationRegistry((each) => binding.close(each));
    forgotten.register(this, number, this);
  }

  /** Work on `chunk`; `callback([state, consumed, error, pieces])`. */
  write(flush, chunk, first, size, callback) {
    const id = startWith(chunk, callback);
    binding.write(id, this.#number, flush, place(chunk), chunk.byteLength, first, size);
  }

  /** Go on with it. */
  more(chunk, size, callback) {
    binding.more(startWith(chunk, callback), this.#number, size);
  }

  /** All at once, but not much more than `room` bytes. */
  writeAll(flush, chunk, first, size, room) {
    return binding.writeSync(this.#number, flush, place(chunk), chunk.byteLength, first, size, room);
  }

  writeSync(flush, input, inputOffset, inputLength, output, outputOffset, outputLength) {
    const source = inputLength > 0 ? place(input, inputOffset) : NOWHERE;
    const target = outputLength > 0 ? place(output, outputOffset) : NOWHERE;
    const done = binding.step(this.#number, flush, source, inputLength, target, outputLength);
    if (done.length === 3) {
      const [code, errno, message] = done;
      this.onerror(message, errno, code);
      return;
    }
    this.#writeState[0] = outputLength - done[0];
    this.#writeState[1] = done[1];
  }

  /** How many bytes of input were worked on since this was last asked, of `consumed` altogether. */
  progress(consumed) {
    const more = consumed - this.#consumed;
    this.#consumed = consumed;
    return more;
  }

  params(level, strategy) {
    binding.params(this.#number, level, strategy);
  }

  reset() {
    binding.reset(this.#number);
  }

  close() {
    binding.close(this.#number);
    forgotten.unregister(this);
  }
}

/** A request of a thread that works on the memory of `bytes`, which must stay until `callback(result)`. */
function startWith(bytes, callback) {
  const request = (errno, result) => callback(result, bytes);
  return start(request, 'ZLIB');
}

function initializationError([code, errno, message]) {
  if (code !== 'ERR_ZLIB_INITIALIZATION_FAILED') return errorFrom([code, errno, message]);
  const error = new ERR_ZLIB_INITIALIZATION_FAILED();
  error.message = message;
  return error;
}

module.exports = { ZlibHandle, errorFrom, initializationError, place, startWith };
