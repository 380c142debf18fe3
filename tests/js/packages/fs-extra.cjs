// fs-extra: fs with more, and graceful-fs below it.
const assert = require('assert/strict');
const fs = require('fs-extra');
(async () => {
  await fs.outputJson('tmp-extra/a/b.json', { x: [1, 2] }, { spaces: 1 });
  await fs.copy('tmp-extra/a', 'tmp-extra/c');
  assert.deepEqual(await fs.readJson('tmp-extra/c/b.json'), { x: [1, 2] });
  await fs.move('tmp-extra/c/b.json', 'tmp-extra/d.json');
  console.log((await fs.readdir('tmp-extra')).sort().join(), await fs.pathExists('tmp-extra/c/b.json'));
  await fs.remove('tmp-extra');
  fs.ensureDirSync('tmp-extra/e');
  fs.emptyDirSync('tmp-extra');
  console.log(fs.readdirSync('tmp-extra').length);
  fs.removeSync('tmp-extra');
})();
