// jest: its tests run in contexts of vm, with modules and timers of jest's own making.
const assert = require('assert/strict');
const fs = require('fs');
const path = require('path');
const { runCLI } = require('jest');

const root = path.resolve('tmp-jest');
const files = {
  'sum.js': `
    exports.sum = (a, b) => a + b;
    exports.later = (value) => new Promise((resolve) => setTimeout(resolve, 2, value));`,
  'sum.test.js': `
    const { sum, later } = require('./sum');
    describe('sum', () => {
      test.each([[1, 1, 2], [2, 3, 5]])('%i + %i', (a, b, c) => expect(sum(a, b)).toBe(c));
      test('waits', async () => { await expect(later(5)).resolves.toBe(5); });
      test('has its own globals', () => {
        expect([]).toBeInstanceOf(Array);
        expect(Buffer.from('a')).toBeInstanceOf(Uint8Array);
      });
      test('has time of its own', () => {
        jest.useFakeTimers();
        const call = jest.fn();
        setTimeout(call, 1e6);
        jest.advanceTimersByTime(1e6);
        expect(call).toHaveBeenCalledTimes(1);
      });
      test('fails', () => { expect({ a: [1, { b: 2 }] }).toEqual({ a: [1, { b: 3 }] }); });
      test.skip('is skipped', () => {});
      test('imports', async () => { expect((await import('./sum')).default.sum).toBe(sum); });
    });`,
  'mock.test.js': `
    jest.mock('./sum', () => ({ sum: jest.fn(() => 42) }));
    test('mocked', () => { expect(require('./sum').sum(1, 2)).toBe(42); });`,
  'package.json': '{ "name": "tmp-jest" }',
};

fs.mkdirSync(root, { recursive: true });
for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(root, name), text);
const options = { _: [], $0: 'jest', runInBand: true, silent: true, reporters: [], cache: false, watchman: false };
runCLI({ ...options, rootDir: root }, [root]).then(({ results }) => {
  fs.rmSync(root, { recursive: true });
  const tests = results.testResults.flatMap((file) => file.testResults);
  console.log(tests.map((each) => `${each.status} ${each.fullName}`).sort().join('\n'));
  const failure = tests.find((each) => each.status === 'failed' && each.title === 'fails').failureMessages[0];
  console.log(failure.split('\n').slice(0, 14).map((line) => line.replace(/\x1b\[\d+m/g, '')).join('\n'));
  assert.equal(results.numTotalTests, 9);
});
