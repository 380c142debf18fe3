// archiver: zip and tar.gz, with the deflate and gzip streams of zlib.
const archiver = require('archiver');
const zlib = require('zlib');
const JSZip = require('jszip');
const { PassThrough } = require('stream');
function archive(format, options) {
  return new Promise((resolve, reject) => {
    const out = new PassThrough(); const pieces = [];
    out.on('data', (piece) => pieces.push(piece)).on('end', () => resolve(Buffer.concat(pieces)));
    const each = archiver(format, options).on('error', reject);
    each.pipe(out);
    each.append('one '.repeat(3000), { name: 'one.txt', date: new Date(0) });
    each.append(Buffer.alloc(100000, 'z'), { name: 'two.bin', date: new Date(0) });
    each.finalize();
  });
}
(async () => {
  const zip = await JSZip.loadAsync(await archive('zip', { zlib: { level: 9 } }));
  console.log(Object.keys(zip.files), (await zip.file('one.txt').async('string')).length);
  const tar = zlib.gunzipSync(await archive('tar', { gzip: true, gzipOptions: { level: 1 } }));
  console.log(tar.length, tar.toString('latin1', 0, 7));
})();
