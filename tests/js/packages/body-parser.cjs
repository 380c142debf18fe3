// body-parser (with raw-body): bodies in gzip, deflate and br.
const http = require('http');
const zlib = require('zlib');
const json = require('body-parser').json();
const server = http.createServer((request, response) => {
  json(request, response, (error) => {
    response.statusCode = error ? error.status : 200;
    response.end(error ? `${error.type} ${error.message}` : JSON.stringify(request.body));
  });
}).listen(0, '127.0.0.1', async () => {
  const post = (encoding, body) => new Promise((resolve) => {
    const request = http.request({ port: server.address().port, host: '127.0.0.1', method: 'POST', headers: {
      'content-type': 'application/json', 'content-encoding': encoding } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => text += part).on('end', () => resolve(`${encoding} ${response.statusCode} ${text}`));
    });
    request.end(body);
  });
  const body = JSON.stringify({ a: [1, 2, { b: 'x'.repeat(100) }] });
  console.log(await post('gzip', zlib.gzipSync(body)));
  console.log(await post('deflate', zlib.deflateSync(body)));
  console.log(await post('br', zlib.brotliCompressSync(body)));
  console.log(await post('gzip', Buffer.from('no gzip at all')));
  console.log(await post('gzip', zlib.gzipSync('x'.repeat(200000))));
  server.close();
});
