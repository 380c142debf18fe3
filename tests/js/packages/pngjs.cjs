// pngjs: PNG images, by streams and at once (it reaches for `_handle.writeSync`).
const assert = require('assert/strict');
const { PNG } = require('pngjs');
const image = new PNG({ width: 120, height: 90 });
for (let at = 0; at < image.data.length; at++) image.data[at] = (at * at * 31 >> 4) & 255;
const packed = PNG.sync.write(image);
const again = PNG.sync.read(packed);
assert.ok(again.data.equals(image.data));
assert.throws(() => PNG.sync.read(packed.subarray(0, packed.length - 40)));
const pieces = [];
image.pack().on('data', (piece) => pieces.push(piece)).on('end', () => {
  new PNG().parse(Buffer.concat(pieces), (error, read) => {
    console.log(error, read.width, read.height, read.data.equals(image.data));
  });
});
