// joi: schemas.
const assert = require('assert/strict');
const Joi = require('joi');
const schema = Joi.object({ name: Joi.string().min(2).required(), mail: Joi.string().email(), n: Joi.number().default(5) });
assert.deepEqual(schema.validate({ name: 'Ann', n: '7' }).value, { name: 'Ann', n: 7 });
console.log(schema.validate({ name: 'A', mail: 'x', y: 1 }, { abortEarly: false }).error.message);
