// nock: requests of node:http and of fetch that are answered inside sockets which are never connected.
const http = require('http');
const nock = require('nock').default;

function get(options, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(options, (response) => {
      let text = '';
      response.on('data', (data) => { text += data; });
      response.on('end', () => resolve([response.statusCode, text, response.headers]));
    });
    request.on('error', reject).end(body);
  });
}

(async () => {
  nock('http://example.test')
    .get('/a').query({ b: '1' }).reply(200, { x: 1 }, { 'X-Y': 'z' })
    .post('/p', { k: 2 }).reply(201, 'made')
    .get('/fails').replyWithError('boom')
    .get('/late').delay(20).reply(200, 'late');
  console.log(await get('http://example.test/a?b=1'));
  const headers = { 'content-type': 'application/json' };
  console.log(await get({ host: 'example.test', path: '/p', method: 'POST', headers }, '{"k":2}'));
  await get('http://example.test/fails').catch((error) => console.log(error.message));
  console.log((await get('http://example.test/late'))[1]);
  nock('http://fetch.test').get('/').reply(200, { f: 1 });
  console.log(await (await fetch('http://fetch.test/')).json(), nock.isDone());
  nock.restore();
})();
