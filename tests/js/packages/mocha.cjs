// mocha: a test runner, used as a library.
const assert = require('assert/strict');
const fs = require('fs');
const Mocha = require('mocha');
fs.writeFileSync('tmp-mocha.cjs', `
describe('outer', () => {
  beforeEach(async () => { await null; });
  it('passes', (done) => setTimeout(done, 2));
  it('fails', async () => { require('assert').equal(1, 2); });
  it.skip('is skipped', () => {});
  describe('inner', () => { it('waits', () => new Promise((r) => setImmediate(r))); });
});`);
const seen = [];
class Reporter {
  constructor(runner) {
    for (const name of ['pass', 'fail', 'pending', 'suite']) runner.on(name, (x) => seen.push(`${name} ${x.fullTitle()}`));
  }
}
const mocha = new Mocha({ reporter: Reporter });
mocha.addFile('./tmp-mocha.cjs');
mocha.run((failures) => {
  assert.equal(failures, 1);
  fs.unlinkSync('tmp-mocha.cjs');
  console.log(seen.join('\n'));
});
