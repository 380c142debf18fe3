// URLs parsed, and their parts read. Argument: seconds.
'use strict';

const { measure } = require('./measure.js');

const texts = [
  'https://example.org/', 'http://user:pass@host.example:8080/a/b/../c?x=1&y=2#part', 'file:///home/someone/file.txt',
  'https://example.org/search?q=caf%C3%A9&page=12&sort=asc', 'http://[2001:db8::1]:3000/path;a=b?c', 'mailto:a@b.c',
];
const COUNT = 1_000;
let sum = 0;

measure(COUNT * texts.length, (done) => {
  for (let i = 0; i < COUNT; i++) {
    for (const text of texts) {
      const url = new URL(text);
      sum += url.pathname.length + url.host.length + url.href.length + url.searchParams.size;
    }
  }
  done();
}, Number(process.argv[2]));
