// jszip: zip files; its own deflate is pako, and streams of Node's go in and out.
const JSZip = require('jszip');
const { Readable } = require('stream');
const zip = new JSZip();
zip.file('a.txt', 'hello '.repeat(1000));
zip.folder('sub').file('b.bin', Readable.from([Buffer.alloc(5000, 'xy')]));
const pieces = [];
zip.generateNodeStream({ compression: 'DEFLATE', streamFiles: true }).on('data', (piece) => pieces.push(piece)).on('end', async () => {
  const read = await JSZip.loadAsync(Buffer.concat(pieces));
  console.log(Object.keys(read.files), (await read.file('a.txt').async('string')).length, (await read.file('sub/b.bin').async('nodebuffer')).length);
});
