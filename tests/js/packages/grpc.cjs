// @grpc/grpc-js: a server and its client on one http2 connection: the four kinds of call, metadata, errors, deadlines.
const assert = require('assert/strict');
const fs = require('fs');
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');
fs.writeFileSync('sums.proto', `syntax = "proto3"; package sums;
  message Item { string text = 1; int32 number = 2; bytes data = 3; }
  service Sums { rpc Double(Item) returns (Item); rpc Count(Item) returns (stream Item);
    rpc Add(stream Item) returns (Item); rpc Echo(stream Item) returns (stream Item); }`);
const { sums: { Sums } } = grpc.loadPackageDefinition(loadSync('sums.proto'));
const server = new grpc.Server();
server.addService(Sums.service, {
  double({ request, metadata }, callback) {
    if (request.text === 'late') return;
    if (request.text !== 'wrong') {
      callback(null, { ...request, number: request.number * 2, text: String(metadata.get('who')) });
      return;
    }
    const trailer = new grpc.Metadata();
    trailer.set('why-bin', Buffer.from([1, 2]));
    callback({ code: grpc.status.NOT_FOUND, details: 'nothing h\u00e8re', metadata: trailer });
  },
  count(call) {
    for (let i = 0; i < call.request.number; i++) call.write({ number: i, text: 'x'.repeat(1000) });
    call.end();
  },
  add(call, callback) {
    let number = 0;
    call.on('data', (item) => { number += item.number; }).on('end', () => callback(null, { number }));
  },
  echo(call) { call.on('data', (item) => call.write(item)).on('end', () => call.end()); },
});
const answer = (start) => new Promise((done) => start((error, item) => done(error ?? item)));
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), async (error, port) => {
  assert.equal(error, null);
  const client = new Sums(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const metadata = new grpc.Metadata();
  metadata.set('who', 'me');
  console.log(await answer((done) => client.double({ number: 21, data: Buffer.from('ab') }, metadata, done)));
  const wrong = await answer((done) => client.double({ text: 'wrong' }, done));
  console.log(wrong.code, wrong.details, wrong.metadata.get('why-bin'));
  const late = await answer((done) => client.double({ text: 'late' }, { deadline: Date.now() + 100 }, done));
  console.log(late.code === grpc.status.DEADLINE_EXCEEDED);
  let counted = 0;
  for await (const item of client.count({ number: 500 })) counted += item.number;
  console.log(counted);
  console.log((await answer((done) => {
    const call = client.add(done);
    for (let i = 0; i < 100; i++) call.write({ number: i });
    call.end();
  })).number);
  const call = client.echo();
  call.write({ text: 'first' });
  for await (const item of call) {
    console.log(item.text);
    if (item.text === 'last') call.end();
    else call.write({ text: 'last' });
  }
  client.close();
  server.tryShutdown((failure) => console.log('shut', failure));
});
