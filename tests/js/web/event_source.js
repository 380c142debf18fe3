'use strict';

// EventSource: the format, reconnections, answers that end it.

const http = require('http');
const log = (...a) => console.log(...a);
let n = 0;
const s = http.createServer((q, r) => {
  log(
    'req',
    q.url,
    q.headers.accept,
    q.headers['cache-control'],
    q.headers['last-event-id'],
    JSON.stringify(q.rawHeaders.filter((x, i) => i % 2 == 0)),
  );
  if (q.url === '/a') {
    n++;
    r.writeHead(200, { 'content-type': 'text/event-stream' });
    if (n === 1) {
      r.write(
        '\ufeffdata: one\n\n: comment\nevent: custom\nid: 7\ndata: two\ndata: three\n\nretry: 50\ndata:nospace\n\nid\ndata\n\nbogus: x\ndata:  sp\r\n\r\nid: a\0b\ndata: q\r\rdata: cut',
      );
      setTimeout(() => r.end('off\n\nid: 9\ndata: unfinished'), 20);
      return;
    }
    r.end('data: again\n\n');
    if (n === 3) setTimeout(() => es.close(), 5);
    return;
  }
  if (q.url === '/204') {
    r.writeHead(204);
    return r.end();
  }
  if (q.url === '/500') {
    r.writeHead(500);
    return r.end();
  }
  if (q.url === '/ct') {
    r.writeHead(200, { 'content-type': 'text/plain' });
    return r.end('data: x\n\n');
  }
  if (q.url === '/redir') {
    r.writeHead(302, { location: '/r2' });
    return r.end();
  }
  if (q.url === '/r2') {
    r.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    return r.write('data: r\n\n');
  }
});
let es;
const run = (u, f) =>
  new Promise((res) => {
    log('==', u, f?.init);
    es = new EventSource('http://127.0.0.1:' + s.address().port + u, f?.init);
    let errs = 0;
    es.onopen = (e) => log('open', e.constructor.name, es.readyState);
    es.onmessage = (e) => {
      log('msg', e.constructor.name, JSON.stringify(e.data), e.lastEventId, e.origin.replace(/\d+$/, 'P'), e.type);
      f?.msg?.(es, res);
    };
    es.addEventListener('custom', (e) => log('custom', JSON.stringify(e.data), e.lastEventId));
    es.onerror = (e) => {
      log('error', e.constructor.name, e.message, es.readyState);
      if (es.readyState === 2 || ++errs === 3) {
        es.close();
        setTimeout(res, 20);
      }
    };
  });
s.listen(0, '127.0.0.1', async () => {
  await run('/a');
  await run('/204');
  await run('/500');
  await run('/ct');
  await run('/redir', {
    init: { withCredentials: true },
    msg: (es, res) => {
      log(es.withCredentials, es.url.replace(/:\d+/, ''));
      es.close();
      log(es.readyState);
      res();
    },
  });
  await new Promise((res) => {
    log('== refused');
    const e = new EventSource('http://127.0.0.1:1024/');
    let k = 0;
    e.onerror = (ev) => {
      log('err', e.readyState);
      if (++k === 1) {
        e.close();
        res();
      }
    };
  });
  try {
    EventSource.prototype.close.call({});
  } catch (e) {
    log(e.name, e.code, e.message);
  }
  log(String(es), require('util').inspect(es));
  s.closeAllConnections();
  s.close();
});
