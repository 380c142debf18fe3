// pako: zlib in JavaScript; each unpacks what the other packs.
const assert = require('assert/strict');
const pako = require('pako');
const zlib = require('zlib');
const data = Buffer.from('the quick brown fox '.repeat(2000));
for (const [pack, unpack] of [['gzip', 'ungzip'], ['deflate', 'inflate'], ['deflateRaw', 'inflateRaw']]) {
  for (const level of [0, 1, 6, 9]) {
    assert.ok(data.equals(pako[unpack](zlib[`${pack}Sync`](data, { level }))));
    const name = unpack === 'ungzip' ? 'gunzip' : unpack;
    assert.ok(data.equals(zlib[`${name}Sync`](pako[pack](data, { level }))));
  }
}
console.log('same');
