'use strict';

// WebSocket: the client.
//
// Theory of operation. The handshake is an http request; after it the connection is a socket that frames come from and
// go to (websocket_frames). The end is told by 'close', after 'error' unless both sides had said goodbye. A message
// that has to wait (one that is compressed, or a Blob to be sent) makes what follows it wait, so that order stays.
//
// What surprises people: `close()` waits for the other side, which closes the connection. `send()` after it is no
// error, and sends nothing. A failure's reason is told to the server only.

const { EventTarget, Event } = require('internal/event_target');
const { MessageEvent } = require('internal/message_event');
const { DOMException } = require('internal/dom_exception');
const { Blob, isBlob } = require('internal/blob');
const { Buffer } = require('buffer');
const { isAnyArrayBuffer } = require('internal/util/types');
const { isObject } = require('internal/util');
const { defineEnumerable, defineTag } = require('internal/util/class_looks');
const { NEITHER, defineTransferMode } = require('internal/worker/js_transferable');
const { _checkIsHttpToken: isToken } = require('_http_common');
const { defineHandlersAndConstants } = require('internal/fetch/handlers');
const { Headers, headerListOf } = require('internal/fetch/headers');
const { illegalInvocation, requireArguments, toScalarString, toUnsignedShort } = require('internal/fetch/webidl');
const frames = require('internal/fetch/websocket_frames');

const CONNECTING = 0;
const OPEN = 1;
const CLOSING = 2;
const CLOSED = 3;

const MOST_REASON_BYTES = 123;

function parseUrl(text) {
  let url;
  try {
    url = new URL(text);
  } catch (error) {
    throw new DOMException(String(error), 'SyntaxError');
  }
  if (url.protocol === 'http:') url.protocol = 'ws:';
  else if (url.protocol === 'https:') url.protocol = 'wss:';
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new DOMException('expected a ws: or wss: url', 'SyntaxError');
  }
  if (url.hash !== '' || url.href.endsWith('#')) throw new DOMException('hash', 'SyntaxError');
  return url;
}

/** The second argument: protocols, or Node's `{ protocols, headers }`. */
function toOptions(value) {
  if (!isObject(value)) return { protocols: [`${value}`], headers: [] };
  if (typeof value[Symbol.iterator] === 'function') return { protocols: Array.from(value, String), headers: [] };
  const { protocols = [], headers } = value;
  const list = headers === undefined ? [] : headerListOf(new Headers(headers)).written();
  return { protocols: toOptions(protocols).protocols, headers: list };
}

function checkProtocols(protocols) {
  const isUnique = new Set(protocols.map((each) => each.toLowerCase())).size === protocols.length;
  if (isUnique && protocols.every((each) => isToken(each))) return;
  throw new DOMException('Invalid Sec-WebSocket-Protocol value', 'SyntaxError');
}

/** What is sent, as bytes that do not change any more, or a Blob. */
function toPayload(data) {
  if (isBlob(data)) return data;
  if (ArrayBuffer.isView(data)) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (isAnyArrayBuffer(data)) return Buffer.from(data);
  return Buffer.from(toScalarString(data));
}

/** Four bytes a frame, of which many are made at once. */
class Masks {
  #pool = new Uint8Array(0);
  #at = 0;

  next() {
    if (this.#at === this.#pool.length) {
      this.#pool = require('crypto').randomBytes(4096);
      this.#at = 0;
    }
    this.#at += 4;
    return this.#pool.subarray(this.#at - 4, this.#at);
  }
}

const masks = new Masks();

let isWebSocket;

class WebSocket extends EventTarget {
  #url;
  #readyState = CONNECTING;
  #protocol = '';
  #extensions = '';
  #binaryType = 'blob';
  #bufferedAmount = 0;
  #giveUp; // ends the handshake; null after it
  #socket = null;
  #reader = null;
  #inflater = null;
  #hasSentClose = false;
  #closed = null; // what the server's close said
  #isOver = false;
  #sending = null; // settles when what was sent before is on its way, if that has to wait
  #receiving = null; // settles when the messages before are told, if they have to wait

  static {
    isWebSocket = (value) => isObject(value) && #url in value;
  }

  constructor(url, protocols = []) {
    super();
    requireArguments(arguments, 1, 'WebSocket constructor');
    const options = toOptions(protocols);
    this.#url = parseUrl(toScalarString(url));
    checkProtocols(options.protocols);
    const { shakeHands } = require('internal/fetch/websocket_handshake');
    this.#giveUp = shakeHands(this.#url, options.protocols, options.headers, (agreement, socket, rest) => {
      if (agreement === null) this.#fail();
      else this.#open(agreement, socket, rest);
    });
  }

  static #check(value) {
    if (!isWebSocket(value)) throw illegalInvocation('WebSocket');
  }

  close(code = undefined, reason = undefined) {
    WebSocket.#check(this);
    if (code !== undefined) code = toUnsignedShort(code);
    reason = reason === undefined ? '' : toScalarString(reason);
    if (code !== undefined && code !== 1000 && (code < 3000 || code > 4999)) {
      throw new DOMException('invalid code', 'InvalidAccessError');
    }
    const size = Buffer.byteLength(reason);
    if (size > MOST_REASON_BYTES) {
      throw new DOMException(`Reason must be less than ${MOST_REASON_BYTES} bytes; received ${size}`, 'SyntaxError');
    }
    if (this.#readyState >= CLOSING) return;
    if (this.#readyState === CONNECTING) this.#fail();
    else this.#inOrder(() => this.#sendClose(code, reason));
    this.#readyState = CLOSING;
  }

  send(data) {
    WebSocket.#check(this);
    requireArguments(arguments, 1, 'WebSocket.send');
    const payload = toPayload(data);
    if (this.#readyState === CONNECTING) throw new DOMException('Sent before connected.', 'InvalidStateError');
    if (this.#readyState !== OPEN) return;
    const isText = !isBlob(data) && !ArrayBuffer.isView(data) && !isAnyArrayBuffer(data);
    this.#bufferedAmount += isBlob(payload) ? payload.size : payload.length;
    if (isBlob(payload)) this.#inOrder(async () => this.#write(frames.BINARY, await payload.bytes()));
    else this.#inOrder(() => this.#write(isText ? frames.TEXT : frames.BINARY, payload));
  }

  get readyState() {
    WebSocket.#check(this);
    return this.#readyState;
  }

  get bufferedAmount() {
    WebSocket.#check(this);
    return this.#bufferedAmount;
  }

  get url() {
    WebSocket.#check(this);
    return this.#url.href;
  }

  get extensions() {
    WebSocket.#check(this);
    return this.#extensions;
  }

  get protocol() {
    WebSocket.#check(this);
    return this.#protocol;
  }

  get binaryType() {
    WebSocket.#check(this);
    return this.#binaryType;
  }

  set binaryType(type) {
    WebSocket.#check(this);
    this.#binaryType = type === 'arraybuffer' ? type : 'blob';
  }

  // ---- Sending ----

  /** Calls `action` once those before it are done; at once if none waits. */
  #inOrder(action) {
    const waiting = this.#sending === null ? action() : this.#sending.then(action);
    if (waiting === undefined) return;
    const done = () => {
      if (this.#sending === settled) this.#sending = null;
    };
    const settled = waiting.then(done, done);
    this.#sending = settled;
  }

  #write(opcode, payload) {
    this.#socket.write(frames.encodeFrame(opcode, payload, masks.next()), () => {
      this.#bufferedAmount -= payload.length;
    });
  }

  #sendControl(opcode, payload) {
    this.#socket.write(frames.encodeFrame(opcode, payload, masks.next()));
  }

  #sendClose(code, reason) {
    if (this.#hasSentClose) return;
    this.#hasSentClose = true;
    this.#sendControl(frames.CLOSE, frames.encodeClose(code, reason));
  }

  // ---- Receiving ----

  #open({ protocol, extensions, deflate }, socket, rest) {
    this.#giveUp = null;
    this.#socket = socket;
    this.#protocol = protocol;
    this.#extensions = extensions;
    if (deflate !== null) {
      const { MessageInflater } = require('internal/fetch/websocket_inflate');
      this.#inflater = new MessageInflater(deflate);
    }
    this.#reader = new frames.FrameReader({
      onMessage: (...message) => this.#receive(...message),
      onPing: (payload) => {
        if (!this.#hasSentClose) this.#sendControl(frames.PONG, payload);
      },
      onPong() {},
      onClose: (payload) => this.#afterMessages(() => this.#receiveClose(payload)),
      onViolation: (code, reason) => this.#afterMessages(() => this.#fail(code, reason)),
    }, deflate !== null);
    socket.on('data', (bytes) => this.#reader.feed(bytes));
    socket.on('error', () => {});
    socket.on('close', () => this.#afterMessages(() => this.#end()));
    socket.resume();
    this.#readyState = OPEN;
    this.dispatchEvent(new Event('open'));
    if (rest.length > 0) this.#reader.feed(rest);
  }

  #receive(isText, bytes, isCompressed) {
    if (!isCompressed) {
      this.#afterMessages(() => this.#tell(isText, bytes));
      return;
    }
    const before = this.#receiving;
    const told = (async () => {
      await before;
      try {
        this.#tell(isText, await this.#inflater.inflate(bytes));
      } catch (error) {
        this.#fail(frames.INVALID_PAYLOAD, error.message);
      }
    })();
    this.#waitFor(told);
  }

  #afterMessages(action) {
    if (this.#receiving === null) action();
    else this.#waitFor(this.#receiving.then(action));
  }

  #waitFor(promise) {
    const settled = promise.then(() => {
      if (this.#receiving === settled) this.#receiving = null;
    });
    this.#receiving = settled;
  }

  #tell(isText, bytes) {
    if (this.#readyState !== OPEN) return;
    const data = isText ? frames.decodeText(bytes) : this.#toBinary(bytes);
    if (data === null) {
      this.#fail(frames.INVALID_PAYLOAD, 'Received invalid UTF-8 in text frame.');
      return;
    }
    this.dispatchEvent(new MessageEvent('message', { data, origin: this.#url.origin }));
  }

  #toBinary(bytes) {
    return this.#binaryType === 'blob' ? new Blob([bytes]) : new Uint8Array(bytes).buffer;
  }

  #receiveClose(payload) {
    const said = frames.decodeClose(payload);
    if (said.violation !== undefined) {
      this.#fail(said.as, said.violation);
      return;
    }
    this.#closed = said;
    this.#readyState = CLOSING;
    this.#sendClose(said.code === 1005 ? undefined : said.code);
  }

  // ---- The end ----

  /** Something went wrong; the server is told what, if there is one. */
  #fail(code, reason) {
    if (this.#isOver) return;
    this.#giveUp?.();
    if (this.#socket !== null) {
      if (code !== undefined) this.#sendClose(code, reason);
      this.#closed = null;
      this.#socket.destroySoon();
    }
    this.#end();
  }

  /** The connection is over. */
  #end() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#readyState = CLOSED;
    this.#inflater?.close();
    const wasClean = this.#hasSentClose && this.#closed !== null;
    const { CloseEvent, ErrorEvent } = require('internal/fetch/close_event');
    if (!wasClean) this.dispatchEvent(new ErrorEvent('error', { error: new TypeError() }));
    const { code, reason } = this.#closed ?? { code: 1006, reason: '' };
    this.dispatchEvent(new CloseEvent('close', { wasClean, code, reason }));
  }
}

defineHandlersAndConstants(WebSocket, ['open', 'error', 'close', 'message'], { CONNECTING, OPEN, CLOSING, CLOSED });
defineEnumerable(
  WebSocket, 'close', 'send', 'readyState', 'bufferedAmount', 'url', 'extensions', 'protocol', 'binaryType');
defineTag(WebSocket);
defineTransferMode(WebSocket, NEITHER, isWebSocket);

module.exports = { WebSocket };
