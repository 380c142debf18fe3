// avsc: Avro files, whose blocks are raw deflate.
const avro = require('avsc');
const { pipeline } = require('stream');
const type = avro.Type.forSchema({ type: 'record', name: 'R', fields: [{ name: 'n', type: 'int' }, { name: 's', type: 'string' }] });
const encoder = new avro.streams.BlockEncoder(type, { codec: 'deflate', blockSize: 4096 });
const decoder = new avro.streams.BlockDecoder();
let count = 0, sum = 0;
decoder.on('data', ({ n, s }) => { count++; sum += n + s.length; }).on('end', () => console.log(count, sum));
encoder.pipe(decoder);
for (let n = 0; n < 3000; n++) encoder.write({ n, s: 'x'.repeat(n % 50) });
encoder.end();
