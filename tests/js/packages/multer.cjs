// multer, busboy and body-parser: bodies of every kind, and their limits.
const assert = require('assert/strict');
const http = require('http');
const bodyParser = require('body-parser');
const busboy = require('busboy');
const FormData = require('form-data');
const multer = require('multer');
const upload = multer({ limits: { fileSize: 10 } }).array('files', 2);
const json = bodyParser.json({ limit: 20 });
const raw = bodyParser.raw({ type: '*/*' });
const done = (res, value) => res.end(JSON.stringify(value));
const server = http.createServer((req, res) => {
  if (req.url === '/multer') {
    upload(req, res, (error) => done(res, error ? [error.code] :
      [{ ...req.body }, req.files.map((f) => [f.originalname, f.mimetype, String(f.buffer)])]));
  } else if (req.url === '/busboy') {
    const parts = [];
    const parser = busboy({ headers: req.headers });
    parser.on('field', (name, value) => parts.push([name, value]));
    parser.on('file', (name, file, info) => {
      let size = 0;
      file.on('data', (data) => { size += data.length; }).on('end', () => parts.push([name, info, size]));
    });
    parser.on('close', () => done(res, parts));
    req.pipe(parser);
  } else if (req.url === '/json') {
    json(req, res, (error) => done(res, error ? [error.type, error.status] : req.body));
  } else {
    raw(req, res, () => done(res, req.body.length));
  }
}).listen(0, '127.0.0.1', async () => {
  const { port } = server.address();
  const ask = (path, body, headers = {}) => new Promise((resolve, reject) => {
    const request = http.request({ port, path, method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => resolve(text));
    });
    request.on('error', reject);
    if (body.pipe) body.pipe(request);
    else request.end(body);
  });
  const form = (files) => {
    const made = new FormData();
    made.append('a', '1');
    for (const text of files) made.append('files', text, { filename: 'f.txt' });
    return made;
  };
  const send = (path, files) => {
    const made = form(files);
    return ask(path, made, made.getHeaders());
  };
  const first = await send('/multer', ['one', 'two']);
  assert.match(first, /"one"/);
  console.log(first);
  console.log(await send('/multer', ['longer than ten']));
  console.log(await send('/multer', ['1', '2', '3']));
  console.log(await send('/busboy', ['x'.repeat(300_000), 'y']));
  const type = { 'Content-Type': 'application/json' };
  console.log(await ask('/json', '{"a":1}', type), await ask('/json', '{"a"', type), await ask('/json', '"'.repeat(30), type));
  console.log(await ask('/raw', Buffer.alloc(100_000), { 'Content-Type': 'x/y' }));
  http.globalAgent.destroy();
  server.close(() => console.log('closed'));
});
