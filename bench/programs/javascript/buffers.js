// Buffers. Arguments: which, seconds.
'use strict';

const { measure } = require('./measure.js');

const COUNT = 10_000;
const text = 'The quick brown fox jumps over the lazy dog. '.repeat(4);
const foreign = 'Grüße aus Köln, 日本語のテキスト, и ещё. '.repeat(40);
const big = Buffer.alloc(4096, text);
let sum = 0;

const batches = {
  // What protocols do: short texts in and out, numbers, slices, comparisons.
  small(done) {
    for (let i = 0; i < COUNT; i++) {
      const buffer = Buffer.allocUnsafe(64);
      buffer.writeUInt32BE(i, 0);
      buffer.writeDoubleLE(i / 3, 4);
      buffer.write('header', 12, 'latin1');
      sum += buffer.readUInt32BE(0) + buffer.readDoubleLE(4);
      const part = buffer.subarray(0, 18);
      sum += part.toString('latin1', 12, 18).length + Buffer.from(text).length;
      sum += Buffer.concat([part, buffer]).length + part.compare(buffer.subarray(0, 18));
    }
    done();
  },

  // Hexadecimal and base64, searching, copying: 4 KiB at a time.
  large(done) {
    for (let i = 0; i < COUNT / 10; i++) {
      const copy = Buffer.from(big);
      sum += copy.indexOf('lazy cat') + copy.equals(big);
      sum += Buffer.from(copy.toString('base64'), 'base64').length + Buffer.from(copy.toString('hex'), 'hex').length;
      copy.fill(i & 255, 100, 4000);
      sum += copy.copy(big, 0, 0, 100);
    }
    done();
  },

  // UTF-8 that is not ASCII, both ways.
  text(done) {
    for (let i = 0; i < COUNT / 10; i++) sum += Buffer.from(foreign).toString().length;
    done();
  },
};

measure(process.argv[2] === 'small' ? COUNT : COUNT / 10, batches[process.argv[2]], Number(process.argv[3]));
