// graphql: queries with asynchronous resolvers.
import assert from 'node:assert/strict';
import { buildSchema, graphql, parse, print } from 'graphql';
const schema = buildSchema('type Query { user(id: ID!): User } type User { name: String! friends: [User!]! }');
const users = { 1: { name: 'Ann', friends: async () => [users[2]] }, 2: { name: 'Bob', friends: () => [] } };
const source = '{ user(id: 1) { name friends { name } } }';
const result = await graphql({ schema, source, rootValue: { user: async ({ id }) => users[id] } });
assert.equal(result.errors, undefined);
console.log(JSON.stringify(result.data), print(parse(source)));
