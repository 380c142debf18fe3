// node-fetch and form-data: fetch on `http`, bodies that are streams, forms with files.
const assert = require('assert/strict');
const http = require('http');
const { Readable } = require('stream');
const FormData = require('form-data');
const fetch = require('node-fetch');
const server = http.createServer((req, res) => {
  if (req.url === '/go') return res.writeHead(307, { Location: '/x' }).end();
  let body = '';
  req.on('data', (part) => { body += part; }).on('end', () => {
    const boundary = /boundary=(.*)/.exec(req.headers['content-type'])?.[1];
    if (boundary) body = body.replaceAll(boundary, 'B');
    res.setHeader('X-Method', req.method);
    res.end(JSON.stringify([req.url, body, req.headers['transfer-encoding'], req.headers['user-agent']]));
  });
  return undefined;
}).listen(0, '127.0.0.1', async () => {
  const base = `http://127.0.0.1:${server.address().port}`;
  const response = await fetch(`${base}/x`);
  assert.equal(response.headers.get('x-method'), 'GET');
  console.log(await response.json());
  console.log(await (await fetch(`${base}/go`, { method: 'POST', body: 'again' })).text());
  console.log(await (await fetch(base, { method: 'PUT', body: Readable.from(['a', 'b']) })).text());
  const form = new FormData();
  form.append('field', 'value');
  form.append('file', Buffer.from('bytes'), { filename: 'a.bin', contentType: 'application/octet-stream' });
  console.log(await (await fetch(base, { method: 'POST', body: form, headers: form.getHeaders() })).text());
  console.log(await fetch('http://127.0.0.1:1/').catch((error) => [error.name, error.code]));
  let size = 0;
  for await (const chunk of (await fetch(base)).body) size += chunk.length;
  console.log(size);
  server.closeAllConnections();
  server.close(() => console.log('closed'));
});
