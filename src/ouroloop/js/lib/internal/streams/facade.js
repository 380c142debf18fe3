'use strict';

// A Duplex that stands in front of other streams (`compose`, `Duplex.from`): its reads and writes are theirs. A
// callback that has to wait for them is kept here under the name of what it waits for, and called once.
// Destroying it calls back when what is behind is over as well; destroyed before that, it is an abort.

const { AbortError } = require('internal/errors');

class Facade {
  duplex = null;
  #isOver = false;
  #drain = null;
  #finish = null;
  #readable = null;
  #close = null;

  /** What is behind has finished or failed. */
  over(error) {
    this.#isOver = true;
    const callback = this.#close;
    this.#close = null;
    if (callback) callback(error);
    else if (error) this.duplex.destroy(error);
  }

  drained = () => {
    const callback = this.#drain;
    this.#drain = null;
    callback?.();
  };

  finished = () => {
    const callback = this.#finish;
    this.#finish = null;
    callback?.();
  };

  awaitFinish(callback) {
    this.#finish = callback;
  }

  writeTo(writable) {
    this.duplex._write = (chunk, encoding, callback) => {
      if (writable.write(chunk, encoding)) callback();
      else this.#drain = callback;
    };
    this.duplex._final = (callback) => {
      writable.end();
      this.#finish = callback;
    };
    writable.on('drain', this.drained);
  }

  /** Chunks pass on at once, while `readFrom` takes them in the tick after. */
  flowFrom(readable) {
    const { duplex } = this;
    readable.on('data', (chunk) => {
      if (!duplex.push(chunk)) readable.pause();
    });
    readable.on('end', () => { duplex.push(null); });
    duplex._read = () => { readable.resume(); };
  }

  readFrom(readable) {
    const { duplex } = this;
    readable.on('readable', () => {
      const read = this.#readable;
      this.#readable = null;
      read?.();
    });
    readable.on('end', () => { duplex.push(null); });
    duplex._read = () => {
      for (;;) {
        const chunk = readable.read();
        if (chunk === null) {
          this.#readable = duplex._read;
          return;
        }
        if (!duplex.push(chunk)) return;
      }
    };
  }

  /** `destroyBehind(error, isOver)` destroys what is behind. */
  onDestroy(destroyBehind) {
    this.duplex._destroy = (error, callback) => {
      if (!error && !this.#isOver) error = new AbortError();
      this.#readable = this.#drain = this.#finish = null;
      const isOver = this.#isOver;
      if (!isOver) this.#close = callback;
      destroyBehind(error, isOver);
      if (isOver) callback(error);
    };
  }
}

module.exports = Facade;
