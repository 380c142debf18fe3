'use strict';

// Code cache data for `vm.SourceTextModule`: V8's is out of reach for modules. What stands for it is a mark that fits
// one source, so that programs which keep such data learn, as from Node, whether it is for what they have.

const { Buffer } = require('buffer');

const MARK = 0x4F55524F;
const LENGTH = 16;

function hash(source) {
  let value = 0x811C9DC5;
  for (let i = 0; i < source.length; i++) value = Math.imul(value ^ source.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

function make(source) {
  const data = Buffer.alloc(LENGTH);
  data.writeUInt32LE(MARK, 0);
  data.writeUInt32LE(source.length, 4);
  data.writeUInt32LE(hash(source), 8);
  return data;
}

function fits(view, source) {
  const data = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return data.length >= LENGTH && data.readUInt32LE(0) === MARK && data.readUInt32LE(4) === source.length &&
    data.readUInt32LE(8) === hash(source);
}

module.exports = { fits, make };
