// protobufjs: messages by a schema, with code made at run time.
const assert = require('assert/strict');
const protobuf = require('protobufjs');
const { root } = protobuf.parse(`
  syntax = "proto3"; package p;
  message M { string a = 1; repeated int64 b = 2; map<string, bytes> c = 3; oneof o { bool d = 4; double e = 5; } E f = 6; }
  enum E { X = 0; Y = 1; }`);
const M = root.lookupType('p.M');
const bytes = M.encode(M.create({ a: 'é', b: [1, -5], c: { k: Buffer.from('v') }, e: 1.5, f: 1 })).finish();
console.log(bytes, M.toObject(M.decode(bytes), { longs: String, bytes: String, enums: String, oneofs: true }));
assert.equal(M.verify({ a: 3 }), 'a: string expected');
assert.throws(() => M.decode(Buffer.from([0xff, 0xff])), RangeError);
