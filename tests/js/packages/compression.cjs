// compression: answers that are compressed if the client takes that, and if it is worth it.
const assert = require('assert/strict');
const http = require('http');
const zlib = require('zlib');
const compression = require('compression');
const pack = compression({ threshold: 100 });
const server = http.createServer((req, res) => pack(req, res, () => {
  res.setHeader('Content-Type', 'text/plain');
  res.end(req.url === '/long' ? 'long '.repeat(100) : 'short');
})).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = (path, accepted) => new Promise((resolve) => {
    http.get({ port, path, headers: { 'Accept-Encoding': accepted } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part)).on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(parts)]));
    });
  });
  const [encoding, bytes] = await ask('/long', 'gzip');
  assert.equal(String(zlib.gunzipSync(bytes)), 'long '.repeat(100));
  console.log(encoding);
  const [second, other] = await ask('/long', 'br');
  console.log(second, String(zlib.brotliDecompressSync(other)).length);
  console.log((await ask('/long', 'identity'))[0], (await ask('/short', 'gzip'))[0]);
  http.globalAgent.destroy();
  server.close(() => console.log('closed'));
});
