// log4js: log files that roll and are gzipped.
const fs = require('fs');
const path = require('path');
const os = require('os');
const zlib = require('zlib');
const log4js = require('log4js');
const root = fs.mkdtempSync(path.join(os.tmpdir(), 'log4js-'));
log4js.configure({
  appenders: { file: { type: 'file', filename: path.join(root, 'a.log'), maxLogSize: 2000, backups: 3, compress: true, layout: { type: 'messagePassThrough' } } },
  categories: { default: { appenders: ['file'], level: 'info' } },
});
const logger = log4js.getLogger();
(async () => {
  for (let line = 0; line < 100; line++) {
    logger.info(`line ${line} ${'.'.repeat(60)}`);
    if (line % 10 === 9) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  log4js.shutdown(() => {
    const names = fs.readdirSync(root).sort();
    const packed = names.filter((name) => name.endsWith('.gz'));
    console.log(packed.length > 0, packed.every((name) => zlib.gunzipSync(fs.readFileSync(path.join(root, name))).includes('line ')));
    fs.rmSync(root, { recursive: true });
  });
})();
