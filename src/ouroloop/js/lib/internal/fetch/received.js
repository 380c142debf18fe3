'use strict';

// What comes from the network, as the byte stream of a Response.
//
// Theory of operation. Bytes flow from the connection, through a decoder for each content coding, into the stream until
// it has enough; then the connection rests until the program reads. A connection at rest does not keep the process
// alive.
//
// What surprises people: an abort fails the stream even when all its bytes are here but not read yet.

const { ReadableStream } = require('internal/webstreams/readablestream');
const { causeOf, kCause } = require('internal/fetch/errors');
const { Transform, pipeline } = require('stream');

const MOST_CODINGS = 5;

/** "deflate" is zlib's format by the standard, and raw deflate by servers that did not read it. */
class InflateEither extends Transform {
  #inflate;

  _transform(chunk, encoding, callback) {
    if (this.#inflate === undefined) this.#start(chunk);
    this.#inflate.write(chunk, encoding, callback);
  }

  #start(chunk) {
    const zlib = require('zlib');
    const options = syncFlush(zlib);
    const isWrapped = (chunk[0] & 0x0f) === 0x08;
    this.#inflate = isWrapped ? zlib.createInflate(options) : zlib.createInflateRaw(options);
    this.#inflate.on('data', (piece) => this.push(piece));
    this.#inflate.on('error', (error) => this.destroy(error));
  }

  _final(callback) {
    if (this.#inflate === undefined) {
      callback();
      return;
    }
    this.#inflate.on('end', () => callback());
    this.#inflate.end();
  }
}

/** What has arrived is told at once, and an end that is missing is none. */
const syncFlush = ({ constants: { Z_SYNC_FLUSH } }) => ({ flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH });

function decoderOf(coding) {
  const zlib = require('zlib');
  switch (coding) {
    case 'gzip': case 'x-gzip': return zlib.createGunzip(syncFlush(zlib));
    case 'deflate': return new InflateEither();
    case 'br': {
      const { BROTLI_OPERATION_FLUSH: flush } = zlib.constants;
      return zlib.createBrotliDecompress({ flush, finishFlush: flush });
    }
    case 'zstd': {
      const { ZSTD_e_continue: flush, ZSTD_e_end: finishFlush } = zlib.constants;
      return zlib.createZstdDecompress({ flush, finishFlush });
    }
    default: return null;
  }
}

const KNOWN_CODINGS = new Set(['gzip', 'x-gzip', 'deflate', 'br', 'zstd']);

/** The content codings in the order in which they are undone; none if one is unknown. */
function codingsOf(headers) {
  const value = headers.get('content-encoding');
  if (value === null) return [];
  const codings = value.toLowerCase().split(',').map((each) => each.trim()).filter((each) => each !== '');
  if (codings.length > MOST_CODINGS) {
    throw new Error(`too many content-encodings in response: ${codings.length}, maximum allowed is ${MOST_CODINGS}`);
  }
  return codings.every((each) => KNOWN_CODINGS.has(each)) ? codings.reverse() : [];
}

class Received {
  #message;
  #source; // the message, decoded
  #controller;
  #resting = null; // the socket, while it is not read
  isWhole = false; // all of it is in the stream; to be read yet
  encodedSize = 0; // in bytes, as they came
  decodedSize = 0;
  #isOver = false;

  /** `message` is what the http client got; `over(this)` is called when nothing more will come of it. */
  constructor(message, headers, over) {
    this.#message = message;
    this.over = over;
    const decoders = codingsOf(headers).map(decoderOf);
    this.#source = decoders.length === 0 ? message : pipeline([message, ...decoders], () => {});
    this.stream = new ReadableStream({
      type: 'bytes',
      start: (controller) => {
        this.#controller = controller;
      },
      pull: () => {
        if (this.isWhole) this.#close();
        else this.#flow();
      },
      cancel: () => {
        this.#end();
        message.destroy();
      },
    });
    this.#listen();
  }

  #listen() {
    const source = this.#source;
    if (source.destroyed) {
      this.#failed(source.errored);
      return;
    }
    this.#message.on('data', ({ length }) => {
      this.encodedSize += length;
    });
    source.on('data', this.#take);
    source.on('end', this.#ended);
    source.on('error', this.#failed);
  }

  #flow() {
    this.#wake();
    this.#source.resume();
  }

  /** A connection that has nothing more of this message is left alone: the next one may want it. */
  #rest() {
    const { complete, socket } = this.#message;
    if (complete || !socket) return;
    this.#resting = socket;
    socket.pause();
  }

  #wake() {
    this.#resting?.resume();
    this.#resting = null;
  }

  #take = (chunk) => {
    if (this.#isOver || chunk.length === 0) return;
    this.decodedSize += chunk.length;
    this.#controller.enqueue(new Uint8Array(chunk));
    if (this.#controller.desiredSize > 0) return;
    this.#source.pause();
    if (this.#source === this.#message) this.#rest();
  };

  #ended = () => {
    this.#wake();
    if (this.#isOver) return;
    this.isWhole = true;
    if (this.#controller.desiredSize === 0) this.#close();
  };

  #close() {
    this.#end();
    this.#controller.close();
    this.#controller.byobRequest?.respond(0);
  }

  #failed = (error) => {
    const cause = this.#message[kCause] ?? causeOf(error, this.#message.socket);
    this.#error(new TypeError('terminated', { cause }));
  };

  #error(error) {
    if (this.#isOver) return;
    this.#end();
    this.#controller.error(error);
  }

  #end() {
    this.#isOver = true;
    this.over(this);
  }

  /** The program does not want it any more. */
  abort(reason) {
    this.#isOver = true;
    this.#controller.error(reason);
    this.#message.destroy();
  }
}

module.exports = { Received };
