// validator: checks of texts.
const assert = require('assert/strict');
const validator = require('validator');
assert.equal(validator.isEmail('a@b.org'), true);
console.log(validator.isURL('https://x.org/a?b#c'), validator.isIBAN('DE89370400440532013000'), validator.escape('<a href="x">'));
