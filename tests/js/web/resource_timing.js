'use strict';

// Entries of performance that tell of fetches.

const http = require('http');
const { PerformanceObserver } = require('perf_hooks');
new PerformanceObserver((l) =>
  console.log(
    'obs',
    l.getEntries().map((e) => e.name.replace(/:\d+/, ':P')),
  ),
).observe({ entryTypes: ['resource'] });
const s = http
  .createServer((q, r) => {
    if (q.url === '/r') {
      r.writeHead(302, { location: '/x' });
      return r.end();
    }
    r.end('okok');
  })
  .listen(0, '127.0.0.1', async () => {
    const B = 'http://127.0.0.1:' + s.address().port;
    await (await fetch(B + '/a')).text();
    await fetch(B + '/r').then((r) => r.text());
    await fetch('data:,x').then((r) => r.text());
    await fetch(B + '/404').then((r) => r.arrayBuffer());
    await fetch('http://127.0.0.1:1024').catch(() => {});
    await new Promise((r) => setTimeout(r, 20));
    for (const e of performance.getEntriesByType('resource')) {
      const j = e.toJSON();
      for (const k in j)
        if (typeof j[k] === 'number' && k !== 'responseStatus' && !/Size/.test(k)) j[k] = j[k] > 0 ? '+' : j[k];
      j.name = j.name.replace(/:\d+/, ':P');
      console.log(j, e.constructor.name);
    }
    s.close();
  });
