// ajv: JSON schemas, compiled to functions.
const assert = require('assert/strict');
const Ajv = require('ajv');
const ajv = new Ajv({ allErrors: true });
const validate = ajv.compile({
  type: 'object', required: ['name', 'age'], additionalProperties: false,
  properties: { name: { type: 'string', minLength: 2 }, age: { type: 'integer', minimum: 0 } },
});
assert.equal(validate({ name: 'Ann', age: 5 }), true);
assert.equal(validate({ name: 'A', age: -1, x: 1 }), false);
console.log(ajv.errorsText(validate.errors));
