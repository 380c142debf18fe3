'use strict';

// The stream of a test run's events, which reporters read.
//
// Each event is a chunk `{ type, data }` and is also emitted under its own name ('test:pass' and so on).

const { Readable } = require('stream');

class TestsStream extends Readable {
  #waiting = []; // what was not taken yet
  #canPush = true;

  constructor() {
    super({ __proto__: null, objectMode: true, highWaterMark: Number.MAX_SAFE_INTEGER });
  }

  _read() {
    this.#canPush = true;
    while (this.#waiting.length > 0 && this.#canPush) this.#canPush = this.push(this.#waiting.shift());
  }

  /** Tell of an event. */
  tell(type, data) {
    this.emit(type, data);
    this.#add({ __proto__: null, type, data });
  }

  end() {
    this.#add(null);
  }

  #add(chunk) {
    if (!this.#canPush) this.#waiting.push(chunk);
    else this.#canPush = this.push(chunk);
  }
}

module.exports = { TestsStream };
