'use strict';

// Frames of the WebSocket protocol (RFC 6455), as a client has them: bytes in, events out. No I/O is done here.
//
// Theory of operation. `FrameReader#feed(bytes)` takes what came, in pieces of any size, and calls its sink once a
// frame is whole:
//
//     onMessage(isText, bytes, isCompressed)    onPing(bytes)    onPong(bytes)    onClose(bytes)
//     onViolation(code, reason)                 nothing is read after it
//
// What surprises people: control frames come between the fragments of a message; a client's frames are masked, a
// server's never are; the bits RSV1–3 mean something only when an extension was agreed on.

const { Buffer } = require('buffer');

const CONTINUATION = 0x0;
const TEXT = 0x1;
const BINARY = 0x2;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;

const PROTOCOL_ERROR = 1002;
const INVALID_PAYLOAD = 1007;
const TOO_BIG = 1009;

const isKnown = (opcode) => opcode <= BINARY || (opcode >= CLOSE && opcode <= PONG);
const isControl = (opcode) => opcode >= CLOSE;

/** A frame of a client: the payload masked with `mask`, four bytes that nobody can guess. */
function encodeFrame(opcode, payload, mask) {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const start = 6 + extra;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = 0x80 | opcode;
  frame[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) frame.writeUInt16BE(length, 2);
  if (extra === 8) frame.writeBigUInt64BE(BigInt(length), 2);
  frame.set(mask, start - 4);
  for (let at = 0; at < length; at++) frame[start + at] = payload[at] ^ mask[at & 3];
  return frame;
}

class FrameReader {
  #sink;
  #allowsCompression;
  #pieces = []; // what came and is not read yet
  #size = 0;
  #isBroken = false;
  #fragments = null; // of the message that is under way: its opcode, whether it is compressed, its bytes

  constructor(sink, allowsCompression) {
    this.#sink = sink;
    this.#allowsCompression = allowsCompression;
  }

  feed(bytes) {
    if (this.#isBroken) return;
    this.#pieces.push(bytes);
    this.#size += bytes.length;
    while (!this.#isBroken && this.#readFrame());
  }

  /** The first `count` bytes of what is there, which has to be enough; they stay there. */
  #peek(count) {
    if (this.#pieces[0].length < count) this.#pieces = [Buffer.concat(this.#pieces)];
    return this.#pieces[0];
  }

  #take(start, end) {
    const bytes = this.#peek(end);
    if (end === bytes.length) this.#pieces.shift();
    else this.#pieces[0] = bytes.subarray(end);
    this.#size -= end;
    return bytes.subarray(start, end);
  }

  /** Whether a whole frame was there. */
  #readFrame() {
    if (this.#size < 2) return false;
    const [first, second] = this.#peek(2);
    const isFinal = (first & 0x80) !== 0;
    const opcode = first & 0x0f;
    if (!this.#check(isFinal, opcode, first & 0x70, second)) return false;
    const short = second & 0x7f;
    const start = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#size < start) return false;
    const length = short < 126 ? short : this.#lengthOf(short);
    if (length > 2 ** 31) return this.#break('Received payload length > 2^31 bytes.', TOO_BIG);
    if (this.#size < start + length) return false;
    const payload = this.#take(start, start + length);
    if (isControl(opcode)) this.#tellControl(opcode, payload);
    else this.#addFragment(isFinal, opcode, (first & 0x40) !== 0, payload);
    return true;
  }

  #lengthOf(short) {
    const head = this.#peek(short === 126 ? 4 : 10);
    return short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2));
  }

  #check(isFinal, opcode, reserved, second) {
    if (!isKnown(opcode)) return this.#break('Invalid opcode received');
    if ((second & 0x80) !== 0) return this.#break('Frame cannot be masked');
    if (reserved === 0x40 && !this.#allowsCompression) return this.#break('Expected RSV1 to be clear.');
    if ((reserved & 0x30) !== 0) return this.#break('RSV1, RSV2, RSV3 must be clear');
    if (isControl(opcode)) {
      if (!isFinal) return this.#break('Invalid frame type was fragmented.');
      if ((second & 0x7f) > 125) return this.#break('Control frame either too large or fragmented');
      return true;
    }
    if (opcode === CONTINUATION && this.#fragments === null) return this.#break('Unexpected continuation frame');
    if (opcode !== CONTINUATION && this.#fragments !== null) return this.#break('Expected continuation frame');
    return true;
  }

  #break(reason, code = PROTOCOL_ERROR) {
    this.#isBroken = true;
    this.#sink.onViolation(code, reason);
    return false;
  }

  #tellControl(opcode, payload) {
    if (opcode === PING) {
      this.#sink.onPing(payload);
    } else if (opcode === PONG) {
      this.#sink.onPong(payload);
    } else {
      this.#isBroken = true; // a close is the last frame
      this.#sink.onClose(payload);
    }
  }

  #addFragment(isFinal, opcode, isCompressed, payload) {
    this.#fragments ??= { opcode, isCompressed, payloads: [] };
    this.#fragments.payloads.push(payload);
    if (!isFinal) return;
    const { payloads, ...message } = this.#fragments;
    this.#fragments = null;
    const bytes = payloads.length === 1 ? payloads[0] : Buffer.concat(payloads);
    this.#sink.onMessage(message.opcode === TEXT, bytes, message.isCompressed);
  }
}

/** Codes that a close may carry: the protocol's, and those of programs. */
const isCloseCode = (code) =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);

/** What a close says: `{ code, reason }`, the code 1005 if there is none; or a `violation`. */
function decodeClose(payload) {
  if (payload.length === 0) return { code: 1005, reason: '' };
  if (payload.length === 1) return { violation: 'Received close frame with a 1-byte body.', as: PROTOCOL_ERROR };
  const code = payload.readUInt16BE(0);
  if (!isCloseCode(code)) return { violation: 'Invalid status code', as: PROTOCOL_ERROR };
  const reason = decodeText(payload.subarray(2));
  return reason === null ? { violation: 'Invalid UTF-8', as: INVALID_PAYLOAD } : { code, reason };
}

function encodeClose(code, reason = '') {
  if (code === undefined) return Buffer.alloc(0);
  const payload = Buffer.from(`  ${reason}`);
  payload.writeUInt16BE(code, 0);
  return payload;
}

/** Bytes as text, null if they are no UTF-8. */
function decodeText(bytes) {
  const { TextDecoder } = require('internal/encoding');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

module.exports = {
  BINARY, CLOSE, INVALID_PAYLOAD, PONG, TEXT, FrameReader, decodeClose, decodeText, encodeClose, encodeFrame,
};
