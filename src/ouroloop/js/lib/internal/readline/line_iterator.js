'use strict';

// `for await (const line of interface)`. Lines that come while nobody asks are kept, so none is lost between two turns
// of the loop; above 1024 of them the input is paused, until all of them were taken.

const HIGH_WATER_MARK = 1024;

class LineIterator {
  #interface;
  #lines = [];
  #taken = 0;
  #waiting = [];
  #error = null;
  #paused = false;
  #finished = false;

  constructor(readlineInterface) {
    this.#interface = readlineInterface;
    readlineInterface.on('line', this.#onLine);
    readlineInterface.on('error', this.#onError);
    readlineInterface.on('close', this.#onClose);
  }

  #onLine = (line) => {
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.resolve({ value: line, done: false });
      return;
    }
    this.#lines.push(line);
    if (!this.#paused && this.#lines.length - this.#taken > HIGH_WATER_MARK) {
      this.#paused = true;
      this.#interface.pause();
    }
  };

  #onError = (error) => {
    const waiting = this.#waiting.shift();
    if (waiting) waiting.reject(error);
    else this.#error = error;
    this.#onClose();
  };

  #onClose = () => {
    this.#interface.removeListener('line', this.#onLine);
    this.#interface.removeListener('error', this.#onError);
    this.#interface.removeListener('close', this.#onClose);
    this.#finished = true;
    for (const waiting of this.#waiting) waiting.resolve({ value: undefined, done: true });
    this.#waiting.length = 0;
  };

  next() {
    if (this.#taken < this.#lines.length) return Promise.resolve({ value: this.#take(), done: false });
    if (this.#error) {
      const error = this.#error;
      this.#error = null;
      return Promise.reject(error);
    }
    if (this.#finished) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => { this.#waiting.push({ resolve, reject }); });
  }

  #take() {
    const line = this.#lines[this.#taken++];
    if (this.#taken < this.#lines.length) return line;
    this.#lines = [];
    this.#taken = 0;
    if (this.#paused && !this.#finished) this.#interface.resume();
    this.#paused = false;
    return line;
  }

  return() {
    this.#onClose();
    return Promise.resolve({ value: undefined, done: true });
  }

  throw(error) {
    this.#error = error;
    this.#onClose();
    return undefined;
  }

  get [Symbol.for('nodejs.watermarkData')]() {
    const size = () => this.#lines.length - this.#taken;
    const isPaused = () => this.#paused;
    return {
      get size() { return size(); },
      get low() { return 1; },
      get high() { return HIGH_WATER_MARK; },
      get isPaused() { return isPaused(); },
    };
  }

  [Symbol.asyncIterator]() {
    return this;
  }
}

module.exports = LineIterator;
