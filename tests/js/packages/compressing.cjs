// compressing: gzip, tar, tgz and zip, by streams and at once.
const compressing = require('compressing');
const fs = require('fs');
const path = require('path');
const os = require('os');
(async () => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'compressing-'));
  const file = path.join(root, 'file');
  fs.writeFileSync(file, 'content '.repeat(5000));
  for (const kind of ['gzip', 'tgz', 'zip', 'tar']) {
    await compressing[kind].compressFile(file, `${file}.${kind}`);
    const out = path.join(root, `out-${kind}`);
    await compressing[kind].uncompress(`${file}.${kind}`, kind === 'gzip' ? out : out);
    const read = kind === 'gzip' ? out : path.join(out, 'file');
    console.log(kind, fs.readFileSync(read, 'utf8').length);
  }
  fs.rmSync(root, { recursive: true });
})();
