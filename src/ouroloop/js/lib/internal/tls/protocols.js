'use strict';

// ALPN: names of protocols, on the wire with a byte of length before each (RFC 7301).

const { Buffer } = require('buffer');
const { isArrayBufferView, isUint8Array } = require('internal/util/types');
const { codes: { ERR_OUT_OF_RANGE } } = require('internal/errors');

const LONGEST = 255;

function toWire(protocols) {
  return Buffer.concat(protocols.map((name, index) => {
    const bytes = Buffer.from(name);
    if (bytes.length > LONGEST) {
      throw new ERR_OUT_OF_RANGE(
        `The byte length of the protocol at index ${index} exceeds the maximum length.`, '<= 255', bytes.length, true);
    }
    return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  }));
}

/** Put what a program names in `protocols` on the wire: `out.ALPNProtocols`. */
function convertALPNProtocols(protocols, out) {
  if (Array.isArray(protocols)) {
    out.ALPNProtocols = toWire(protocols);
  } else if (isUint8Array(protocols)) {
    out.ALPNProtocols = Buffer.from(protocols);
  } else if (isArrayBufferView(protocols)) {
    const { buffer, byteOffset, byteLength } = protocols;
    out.ALPNProtocols = Buffer.from(buffer.slice(byteOffset, byteOffset + byteLength));
  }
}

module.exports = { convertALPNProtocols, toWire };
