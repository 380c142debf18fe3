// fastify: schemas, hooks, plugins and injected requests.
const assert = require('assert/strict');
const http = require('http');
const { Readable } = require('stream');
const fastify = require('fastify')();
fastify.addHook('onRequest', async (request, reply) => { reply.header('x-hook', request.method); });
fastify.get('/h/:id', {
  schema: {
    params: { type: 'object', properties: { id: { type: 'integer' } } },
    response: { 200: { type: 'object', properties: { id: { type: 'integer' }, list: { type: 'array', items: { type: 'string' } } } } },
  },
}, async (request) => ({ id: request.params.id, list: ['a', 'b'], hidden: 1 }));
fastify.post('/p', async (request, reply) => reply.code(201).send({ got: request.body }));
fastify.get('/s', (request, reply) => reply.type('text/plain').send(Readable.from(['x', 'y'])));
fastify.get('/e', async () => { throw Object.assign(new Error('bad'), { statusCode: 409 }); });
fastify.register(async (scope) => { scope.get('/in', async () => 'in'); }, { prefix: '/plug' });
async function main() {
  const injected = await fastify.inject('/h/5');
  assert.deepEqual(injected.json(), { id: 5, list: ['a', 'b'] });
  await fastify.listen({ port: 0, host: '127.0.0.1' });
  const { port } = fastify.server.address();
  const ask = (method, path, body) => new Promise((resolve, reject) => {
    const request = http.request({ port, method, path, headers: body && { 'Content-Type': 'application/json' } }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => {
        const { date, ...rest } = response.headers;
        resolve(`${response.statusCode} ${text} ${JSON.stringify(rest)}`);
      });
    });
    request.on('error', reject).end(body);
  });
  for (const path of ['/h/5', '/h/x', '/s', '/e', '/plug/in', '/none']) console.log(await ask('GET', path));
  console.log(await ask('POST', '/p', '{"a":{"b":[1]}}'));
  console.log(await ask('POST', '/p', '{"a":'));
  http.globalAgent.destroy();
  await fastify.close();
  console.log('closed');
}
main();
