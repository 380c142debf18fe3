'use strict';

// Messages that one read brought whole, told apart from all others by llhttp (natives/http.py), with no Python in
// between.
//
// Theory of operation. Nearly every read is one message and all of it, or its head and the begin of a body whose size
// it tells. llhttp says so, or else the bytes are for Python's parser. What it has let pass is a first line and lines
// `name: value`, each of which ends with CRLF, and an empty one; so the head is kept as one text, and is taken apart,
// by looking for these marks, when a program asks.
//
// What surprises people: whatever is not plain is left to that parser: an upgrade, a connection's last message, a
// chunked body, a large head. So one message is all that is known here, and nothing of it is kept.

const { find, latin1Slice } = require('internal/buffer/memory');
const {
  kHasConnection, kHasContentLength, kHasExpect, kHasHost, kHasTransferEncoding,
} = require('internal/http/facts');

const native = internalBinding('http');

// Places in the frame: words of 64 bits, whose lower half comes first.
const OUTCOME = 2;
const STOPPED_AT = 4; // an address
const KEEPS_ALIVE = 6;
const IS_UPGRADE = 8;
const MAJOR = 10;
const POSITION = 12; // becomes an address
const LENGTH = 14;
const TYPE = 16;

const REQUEST = 1;
const RESPONSE = 2;
const MORE = 0; // llhttp waits for the rest
const PAUSED = 21; // llhttp has come to the end of a message
const BYTE = 0xff; // what is meant of a word for a smaller number

const HEAD_END = new Uint8Array([13, 10, 13, 10]);
const LETTER_A = 65;
const DIGIT_1 = 49;
const STATUS = 9; // where it stands in "HTTP/1.1 200 OK"

const SHORTEST_HEADER = 4; // "a:\r\n"
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*(\d+)/i;

let words; // Int32Array
let isThere;

function share() {
  words = new Int32Array(18);
  isThere = native.shareFrame(words.buffer);
}

/** Whether the first `size` of `bytes` are one plain message of that type, or begin one. */
function parses(bytes, size, type) {
  if (words === undefined) share();
  if (!isThere) return false;
  words[POSITION] = bytes.byteOffset;
  words[POSITION + 1] = 0;
  words[LENGTH] = size;
  words[TYPE] = type;
  native.callParse(bytes.buffer);
  const isRight = words[OUTCOME] === MORE ||
    (words[OUTCOME] === PAUSED && ((words[STOPPED_AT] - words[POSITION]) | 0) === size);
  return isRight && (words[IS_UPGRADE] & BYTE) === 0 && words[KEEPS_ALIVE] !== 0 && (words[MAJOR] & BYTE) === 1;
}

const HOST = /\r\nhost:/i;
const OTHERS = /\r\n(?:(expect)|(content-length)|(transfer-encoding)|connection):/gi;

/** The facts of a head: which of the headers that matter to the protocol are there. */
function flagsOf(head) {
  let flags = HOST.test(head) ? kHasHost : 0;
  OTHERS.lastIndex = 0;
  for (let found = OTHERS.exec(head); found !== null; found = OTHERS.exec(head)) {
    if (found[1] !== undefined) flags |= kHasExpect;
    else if (found[2] !== undefined) flags |= kHasContentLength;
    else if (found[3] !== undefined) flags |= kHasTransferEncoding;
    else flags |= kHasConnection;
  }
  return flags;
}

/**
 * What the first `size` of `bytes` are, if that is one message of that type that needs no other look, or its head and a
 * part of a body whose size is known: the head as text, the head's facts, and how many bytes are still to come; else
 * null. A head may have less than `limit` bytes, and `most` headers; 0: as many as it likes.
 */
function lookAt(bytes, size, type, limit, most) {
  // Empty lines may come first; of an answer that others follow more is to be known.
  if (bytes[0] < LETTER_A || (type === RESPONSE && bytes[STATUS] === DIGIT_1)) return null;
  if (!parses(bytes, size, type)) return null;
  const end = find(bytes, HEAD_END, 0) + HEAD_END.length;
  if (end < HEAD_END.length || end > size || end >= limit) return null;
  const isWhole = words[OUTCOME] === PAUSED;
  const head = latin1Slice(bytes, 0, end);
  if (most > 0 && end > most * SHORTEST_HEADER && countHeaders(head) > most) return null;
  const flags = flagsOf(head);
  if ((flags & kHasTransferEncoding) !== 0) return null;
  const left = isWhole ? 0 : sizeOfBody(head) - (size - end);
  return isWhole || Number.isSafeInteger(left) ? { head, flags, left } : null;
}

/** Of the lines, the first is none, and the last is empty. */
const countHeaders = (head) => head.split('\r\n').length - 3;

/** NaN when it is not told. */
const sizeOfBody = (head) => Number(CONTENT_LENGTH.exec(head)?.[1]);

module.exports = { lookAt, REQUEST, RESPONSE };
