// iconv-lite: encodings in JavaScript.
const assert = require('assert/strict');
const iconv = require('iconv-lite');
const { Readable } = require('stream');
assert.equal(iconv.encode('Grüße', 'latin1').toString('hex'), '4772fcdf65');
assert.equal(iconv.decode(Buffer.from('93fa967b', 'hex'), 'shift_jis'), '日本');
const stream = Readable.from([Buffer.from('ff', 'hex'), Buffer.from('fe4100', 'hex')]).pipe(iconv.decodeStream('utf16'));
stream.collect((error, text) => console.log(text, iconv.encode('€', 'win1252')[0], iconv.encode('中', 'gb18030')));
