'use strict';

// `Readable.from(iterable)`: a stream that asks the iterator for the next value only when it is read. Object mode with
// a high-water mark of 1 unless told otherwise; a string or a Buffer is one chunk, not its characters. Destroying the
// stream closes the iterator (`throw` for an error, then `return`), and 'close' waits for that.

const { Buffer } = require('buffer');
const { aggregateTwoErrors, codes: { ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES } } = require('internal/errors');

function fromOne(Readable, chunk, options) {
  return new Readable({
    objectMode: true,
    ...options,
    read() {
      this.push(chunk);
      this.push(null);
    },
  });
}

function iteratorOf(iterable) {
  if (iterable?.[Symbol.asyncIterator]) return [iterable[Symbol.asyncIterator](), true];
  if (iterable?.[Symbol.iterator]) return [iterable[Symbol.iterator](), false];
  throw new ERR_INVALID_ARG_TYPE('iterable', ['Iterable'], iterable);
}

function from(Readable, iterable, options) {
  if (typeof iterable === 'string' || iterable instanceof Buffer) return fromOne(Readable, iterable, options);
  const [iterator, isAsync] = iteratorOf(iterable);
  const readable = new Readable({ objectMode: true, highWaterMark: 1, ...options });
  let pulling = false;

  readable._read = function() {
    if (pulling) return;
    pulling = true;
    if (isAsync) pullAsync();
    else pullSync();
  };

  const { _destroy } = readable;
  readable._destroy = function(error, callback) {
    _destroy.call(this, error, (failure) => {
      const first = failure || error;
      close(first).then(
        () => process.nextTick(callback, first),
        (closeError) => process.nextTick(callback, aggregateTwoErrors(first, closeError)));
    });
  };

  /** Returns whether to go on. */
  function push(value) {
    if (value === null) {
      pulling = false;
      throw new ERR_STREAM_NULL_VALUES();
    }
    if (readable.push(value)) return true;
    pulling = false;
    return false;
  }

  function pullSync() {
    try {
      for (;;) {
        const { value, done } = iterator.next();
        if (done) {
          readable.push(null);
          return;
        }
        if (value && typeof value.then === 'function') {
          pushThenPull(value);
          return;
        }
        if (!push(value)) return;
      }
    } catch (error) {
      readable.destroy(error);
    }
  }

  async function pushThenPull(promise) {
    try {
      if (!push(await promise)) return;
    } catch (error) {
      readable.destroy(error);
      return;
    }
    pullSync();
  }

  async function pullAsync() {
    try {
      for (;;) {
        const { value, done } = await iterator.next();
        if (done) {
          readable.push(null);
          return;
        }
        const chunk = value && typeof value.then === 'function' ? await value : value;
        if (!push(chunk)) return;
      }
    } catch (error) {
      readable.destroy(error);
    }
  }

  async function close(error) {
    if (error != null && typeof iterator.throw === 'function') {
      const { value, done } = await iterator.throw(error);
      await value;
      if (done) return;
    }
    if (typeof iterator.return === 'function') {
      const { value } = await iterator.return();
      await value;
    }
  }

  return readable;
}

module.exports = from;
