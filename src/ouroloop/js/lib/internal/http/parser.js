'use strict';

// MessageParser: bytes in, events out; the parser itself is `node/http/protocol.py`, the one that Python programs have.
//
// Theory of operation. What a piece of input meant comes back from Python as one flat list; `deliver` calls the
// matching method of a sink for each event:
//
//     onBytes(isIdle)    once before the others: whether these bytes end between two messages
//     onRequest(method, url, version, rawHeaders, flags)    onResponse(status, message, version, rawHeaders, flags)
//     onBody(buffer)     onEnd(rawTrailers)     onUpgrade(buffer)     onParseError(error)
//
// What surprises people: nothing of this touches a socket, and whoever listens may do to the connection what he likes.
// But if he throws, what came with that is lost, so the next bytes are an error and the connection's end.

const { Buffer } = require('buffer');

const binding = internalBinding('http_parser');

/** Headers of one message as they came: `[name, value, name, value …]`. */
const rawList = (text) => (text === '' ? [] : text.split('\n'));

class MessageParser {
  #sink;
  #number;
  #handle = 0; // whose bytes it takes
  #isClosed = false;
  #broken = -1; // the kind of event whose listener has thrown

  constructor(isRequest, sink, maxHeaderSize, isLenient) {
    this.#sink = sink;
    this.#number = binding.open(isRequest, maxHeaderSize, isLenient);
  }

  /** Nothing is under way, and another sink will have the next message. */
  rest() {
    this.#sink = null;
  }

  serve(sink) {
    this.#sink = sink;
  }

  /** Tell what the next response answers: it decides whether there is a body. */
  requestSent(method) {
    binding.requestSent(this.#number, method);
  }

  feed(bytes) {
    if (this.#isClosed) return;
    if (this.isBroken()) this.tellBroken(bytes);
    else this.deliver(binding.feed(this.#number, bytes));
  }

  /** The listener of an event of that kind, told of without `deliver`, has thrown. */
  setBroken(kind) {
    this.#broken = kind;
  }

  isOpen() {
    return !this.#isClosed;
  }

  /** Whether a listener threw. */
  isBroken() {
    return this.#broken >= 0;
  }

  tellBroken(bytes) {
    const [code, reason] = BROKEN[this.#broken] ?? BROKEN[KINDS.END];
    this.#sink.onParseError(parseError([code, reason, 400, bytes.byteLength, bytes]));
  }

  /** Take over what a stream handle reads: it tells a count of bytes and then events, which `deliver` hands out. */
  consume(handle) {
    this.#handle = handle.number;
    binding.consume(this.#number, this.#handle);
  }

  unconsume() {
    if (this.#handle !== 0) binding.unconsume(this.#handle);
    this.#handle = 0;
  }

  /** The other side has ended. */
  finish() {
    if (!this.#isClosed) this.deliver(binding.finish(this.#number));
  }

  /** The upgrade just told of is not wanted: what came is this protocol's. */
  refuseUpgrade() {
    if (!this.#isClosed) this.deliver(binding.refuseUpgrade(this.#number));
  }

  /** Hands out the events of a list, which begins with how many bytes it stands for, and whether they end a message. */
  deliver(list) {
    const sink = this.#sink;
    sink.onBytes?.(list[1]);
    for (let at = 2; at < list.length && !this.#isClosed; at += LENGTHS[list[at]]) {
      let isTold = false;
      try {
        this.#tell(sink, list, at);
        isTold = true;
      } finally {
        if (!isTold) this.#broken = list[at];
      }
    }
  }

  #tell(sink, list, at) {
    switch (list[at]) {
      case KINDS.REQUEST:
        sink.onRequest(list[at + 1], list[at + 2], list[at + 3], list[at + 4], list[at + 5]);
        break;
      case KINDS.RESPONSE:
        sink.onResponse(list[at + 1], list[at + 2], list[at + 3], list[at + 4], list[at + 5]);
        break;
      case KINDS.BODY: sink.onBody(Buffer.from(list[at + 1])); break;
      case KINDS.END: sink.onEnd(list[at + 1]); break;
      case KINDS.UPGRADE: sink.onUpgrade(Buffer.from(list[at + 1])); break;
      default: sink.onParseError(parseError(list.slice(at + 1)));
    }
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.unconsume();
    binding.close(this.#number);
  }
}

const KINDS = { REQUEST: 0, RESPONSE: 1, BODY: 2, END: 3, UPGRADE: 4 }; // as in bindings/http_parser.py
const LENGTHS = [6, 6, 2, 2, 2, 6]; // of an event in the list, by its kind

const HEAD_BROKEN = ['HPE_CB_HEADERS_COMPLETE', 'User callback error'];
const BROKEN = [
  HEAD_BROKEN, HEAD_BROKEN, ['HPE_JS_EXCEPTION', 'JS Exception'], ['HPE_CB_MESSAGE_COMPLETE', 'User callback error'],
];

function parseError([code, reason, , bytesParsed = 0, packet = new ArrayBuffer(0)]) {
  const error = new Error(`Parse Error: ${reason}`);
  error.code = code;
  error.reason = reason;
  error.bytesParsed = bytesParsed;
  error.rawPacket = Buffer.from(packet);
  return error;
}

module.exports = { MessageParser, rawList, KINDS };
