'use strict';

// The format of server-sent events: text in, events out. No I/O is done here.
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
//
// What surprises people: an event is told at the empty line that ends it; what is left when the stream ends is dropped.

class EventStreamParser {
  #sink;
  #rest = '';
  #isAfterCR = false;
  #isFirst = true;
  #data = null;
  #type = '';
  #lastEventId;

  /** `sink` has onEvent(type, data, lastEventId) and onRetry(ms). */
  constructor(sink, lastEventId) {
    this.#sink = sink;
    this.#lastEventId = lastEventId;
  }

  feed(text) {
    if (text === '') return;
    if (this.#isFirst && text.startsWith('\ufeff')) text = text.slice(1);
    this.#isFirst = false;
    // The second half of a line end that came in two pieces.
    if (this.#isAfterCR && text.startsWith('\n')) text = text.slice(1);
    this.#isAfterCR = text.endsWith('\r');
    const lines = (this.#rest + text).split(/\r\n|\r|\n/);
    this.#rest = lines.pop();
    for (const line of lines) this.#takeLine(line);
  }

  #takeLine(line) {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon === -1 ? line : line.slice(0, colon);
    const value = colon === -1 ? '' : line.slice(colon + 1).replace(/^ /, '');
    switch (name) {
      case 'data': this.#data = this.#data === null ? value : `${this.#data}\n${value}`; break;
      case 'event': this.#type = value; break;
      case 'id':
        if (!value.includes('\0')) this.#lastEventId = value;
        break;
      case 'retry':
        if (/^\d+$/.test(value)) this.#sink.onRetry(Number(value));
        break;
      default:
    }
  }

  #dispatch() {
    const data = this.#data;
    const type = this.#type || 'message';
    this.#data = null;
    this.#type = '';
    this.#sink.onEvent(type, data, this.#lastEventId);
  }
}

module.exports = { EventStreamParser };
