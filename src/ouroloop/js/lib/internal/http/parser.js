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
const { FastBuffer } = require('internal/buffer');
const { lookAt, REQUEST, RESPONSE } = require('internal/http/whole_message');
const { kComplete, kIsLines, kKeepAlive } = require('internal/http/facts');

const binding = internalBinding('http_parser');

/** Headers of one message as they came: `[name, value, name, value …]`. */
const rawList = (text) => (text === '' ? [] : text.split('\n'));

class MessageParser {
  #sink;
  #number = 0; // of Python's, which is made for the first bytes that need it
  #isRequest;
  #maxHeaderSize;
  #isLenient;
  #mostHeaders;
  #isLikeNew;
  #left = 0; // bytes that are sure to be body, and that Python's parser does not see
  #method = ''; // what the next response answers, while Python's has not been told
  #handle = 0; // whose bytes it takes
  #isClosed = false;
  #broken = -1; // the kind of event whose listener has thrown

  /** A head may have less than `maxHeaderSize` bytes, and `mostHeaders` headers; 0: as many as it likes. */
  constructor(isRequest, sink, maxHeaderSize, isLenient, mostHeaders = 0) {
    this.#sink = sink;
    this.#isRequest = isRequest;
    this.#maxHeaderSize = maxHeaderSize;
    this.#isLenient = isLenient;
    this.#mostHeaders = mostHeaders;
    this.#isLikeNew = !isLenient;
  }

  #open() {
    if (this.#number === 0) {
      this.#number = binding.open(this.#isRequest, this.#maxHeaderSize, this.#mostHeaders, this.#isLenient);
    }
    return this.#number;
  }

  /** The message that these bytes are or begin, if it may be taken past Python's parser (see `whole_message`). */
  lookAt(bytes, size) {
    if (!this.#isLikeNew || this.#left > 0) return null;
    const message = lookAt(
      bytes, size, this.#isRequest ? REQUEST : RESPONSE, this.#maxHeaderSize, this.#mostHeaders);
    if (message !== null) this.#left = message.left;
    return message;
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
    this.#method = method;
  }

  feed(bytes) {
    if (this.#isClosed) return;
    if (this.isBroken()) this.tellBroken(bytes);
    else if (this.#left > 0) this.#feedBody(bytes);
    else this.deliver(this.#response(bytes) ?? this.#fed(bytes));
  }

  /** What is sure to be body needs no parser. */
  #feedBody(bytes) {
    const size = Math.min(this.#left, bytes.byteLength);
    this.#left -= size;
    if (this.#left > 0) {
      this.deliver([size, 0, KINDS.BODY, bytes]);
      return;
    }
    const rest = bytes.byteLength - size;
    this.deliver([size, rest > 0 ? 0 : 2, KINDS.BODY, rest > 0 ? bytes.subarray(0, size) : bytes, KINDS.END, '']);
    this.#isLikeNew = true;
    if (rest > 0) this.feed(bytes.subarray(size));
  }

  #fed(bytes) {
    const number = this.#open();
    if (this.#method !== '') binding.requestSent(number, this.#method);
    this.#method = '';
    return binding.feed(number, bytes);
  }

  /** The events of a response that may be taken past Python's parser; else undefined. */
  #response(bytes) {
    if (this.#isRequest || NO_BODY.has(this.#method)) return undefined;
    const message = this.lookAt(bytes, bytes.byteLength);
    if (message === null) return undefined;
    this.#method = '';
    return responseEvents(message, bytes);
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
    binding.consume(this.#open(), this.#handle);
  }

  unconsume() {
    if (this.#handle !== 0) binding.unconsume(this.#handle);
    this.#handle = 0;
  }

  /** The other side has ended. */
  finish() {
    if (this.#isClosed) return;
    if (this.#left > 0) this.deliver([0, 1, KINDS.ERROR, 'HPE_INVALID_EOF_STATE', 'Invalid EOF state', 400]);
    else if (this.#number !== 0) this.deliver(binding.finish(this.#number));
  }

  /** The upgrade just told of is not wanted: what came is this protocol's. */
  refuseUpgrade() {
    if (!this.#isClosed) this.deliver(binding.refuseUpgrade(this.#number));
  }

  /** Hands out the events of a list, which begins with how many bytes it stands for and the parser's state. */
  deliver(list) {
    const sink = this.#sink;
    this.#isLikeNew = list[1] === 2 && !this.#isLenient;
    sink.onBytes?.(list[1] !== 0);
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
      case KINDS.BODY: sink.onBody(bufferOf(list[at + 1])); break;
      case KINDS.END: sink.onEnd(list[at + 1]); break;
      case KINDS.UPGRADE: sink.onUpgrade(Buffer.from(list[at + 1])); break;
      default: sink.onParseError(parseError(list.slice(at + 1)));
    }
  }

  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.unconsume();
    if (this.#number !== 0) binding.close(this.#number);
  }
}

const bufferOf = (data) => (data instanceof FastBuffer ? data : new FastBuffer(data));

const NO_BODY = new Set(['', 'HEAD', 'CONNECT']); // of a request, whose response ends with its head; or of none
const REASON = 13; // where it stands in "HTTP/1.1 200 OK"

/** What Python would say of a response of which these bytes are all or the begin. Its head stays as it is. */
function responseEvents({ head, left }, bytes) {
  const status = Number(head.slice(REASON - 4, REASON - 1));
  const message = head.slice(REASON, head.indexOf('\r'));
  const hasBody = head.length < bytes.byteLength;
  const flags = kKeepAlive | kIsLines | (hasBody || left > 0 ? 0 : kComplete);
  const list = [bytes.byteLength, left > 0 ? 0 : 2, KINDS.RESPONSE, status, message, head.slice(5, 8), head, flags];
  if (hasBody) list.push(KINDS.BODY, bytes.subarray(head.length));
  if (hasBody && left === 0) list.push(KINDS.END, '');
  return list;
}

const KINDS = { REQUEST: 0, RESPONSE: 1, BODY: 2, END: 3, UPGRADE: 4, ERROR: 5 }; // as in bindings/http_parser.py
const LENGTHS = [6, 6, 2, 2, 2, 6]; // of an event in the list, by its kind

const HEAD_BROKEN = ['HPE_CB_HEADERS_COMPLETE', 'User callback error'];
const BROKEN = [
  HEAD_BROKEN, HEAD_BROKEN, ['HPE_JS_EXCEPTION', 'JS Exception'], ['HPE_CB_MESSAGE_COMPLETE', 'User callback error'],
];

/** Of input that ends too soon, Node's message does not say why, and there are no bytes to show. */
function parseError([code, reason, , bytesParsed = 0, packet = new ArrayBuffer(0)]) {
  const isEnd = code === 'HPE_INVALID_EOF_STATE';
  const error = new Error(isEnd ? 'Parse Error' : `Parse Error: ${reason}`);
  error.code = code;
  error.reason = reason;
  error.bytesParsed = bytesParsed;
  if (!isEnd) error.rawPacket = Buffer.from(packet);
  return error;
}

module.exports = { MessageParser, rawList, KINDS };
