// semver: versions.
const assert = require('assert/strict');
const semver = require('semver');
assert.equal(semver.satisfies('1.2.3', '^1.2.0 || >=3'), true);
console.log(semver.inc('1.2.3-beta.1', 'prerelease'), semver.sort(['2.0.0', '1.10.0', '1.9.0-a']).join(), semver.coerce('v3.x').version);
