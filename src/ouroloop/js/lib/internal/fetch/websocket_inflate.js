'use strict';

// The decompressing half of permessage-deflate (RFC 7692). A client may always send what is not compressed, and Node's
// does.
//
// Theory of operation. The messages of a connection are one stream of deflate blocks, each message without its last
// four bytes. One inflater lives as long as the connection, or one as long as a message if the server forgets in
// between.

const { Buffer } = require('buffer');

const TAIL = new Uint8Array([0x00, 0x00, 0xff, 0xff]);

class MessageInflater {
  #bits;
  #forgets;
  #inflate = null;

  constructor(parameters) {
    this.#bits = Number(parameters.get('server_max_window_bits') ?? 15);
    this.#forgets = parameters.has('server_no_context_takeover');
  }

  /** A promise of the message. */
  inflate(bytes) {
    const { promise, resolve, reject } = Promise.withResolvers();
    this.#inflate ??= require('zlib').createInflateRaw({ windowBits: this.#bits });
    const inflate = this.#inflate;
    const pieces = [];
    const collect = (piece) => pieces.push(piece);
    inflate.on('data', collect);
    inflate.once('error', reject);
    inflate.write(bytes);
    inflate.write(TAIL);
    inflate.flush(() => {
      inflate.removeListener('data', collect);
      inflate.removeListener('error', reject);
      if (this.#forgets) this.close();
      resolve(Buffer.concat(pieces));
    });
    return promise;
  }

  close() {
    this.#inflate?.close();
    this.#inflate = null;
  }
}

module.exports = { MessageInflater };
