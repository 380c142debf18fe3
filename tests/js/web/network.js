'use strict';

// fetch on the wire: what is sent, redirects, errors and their causes, other schemes, aborts, integrity.

const http = require('http'),
  net = require('net');
const attempt = async (l, f) => {
  try {
    console.log(l, '=>', await f());
  } catch (e) {
    const show = (e) =>
      e && typeof e == 'object' ? [e.constructor.name, e.name, e.code, e.message, e.cause && show(e.cause)] : e;
    console.log(l, '!!', show(e));
  }
};
const s = http.createServer((q, r) => {
  const u = q.url;
  if (u === '/echo') {
    let b = '';
    q.on('data', (d) => (b += d));
    q.on('end', () => {
      r.setHeader('x', '1');
      r.end(
        JSON.stringify({
          m: q.method,
          rh: q.rawHeaders.map((x) => (/^(localhost|127).*:\d+$/.test(x) ? 'HOST' : x.replace(/\d{12}/, 'B'))),
          b: b.replace(/\d{12}/g, 'B'),
        }),
      );
    });
    return;
  }
  if (u.startsWith('/r/')) {
    const [, , st, ...to] = u.split('/');
    r.writeHead(+st, { location: '/' + to.join('/') });
    return r.end('redir');
  }
  if (u === '/loop') {
    r.writeHead(302, { location: '/loop' });
    return r.end();
  }
  if (u === '/noloc') {
    r.writeHead(302);
    return r.end('nl');
  }
  if (u === '/badloc') {
    r.writeHead(302, { location: 'http://:bad' });
    return r.end();
  }
  if (u === '/ftp') {
    r.writeHead(302, { location: 'ftp://x/' });
    return r.end();
  }
  if (u === '/data') {
    r.writeHead(302, { location: 'data:,x' });
    return r.end();
  }
  if (u === '/cookies') {
    r.writeHead(200, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', '1', 'X-A', '2']);
    return r.end('c');
  }
  if (u === '/204') {
    r.writeHead(204);
    return r.end();
  }
  if (u === '/304') {
    r.writeHead(304);
    return r.end();
  }
  if (u === '/destroy') {
    return q.socket.destroy();
  }
  if (u === '/half') {
    r.writeHead(200, { 'content-length': 10 });
    r.write('abc');
    setTimeout(() => q.socket.destroy(), 20);
    return;
  }
  if (u === '/halfchunk') {
    r.writeHead(200);
    r.write('abc');
    setTimeout(() => q.socket.destroy(), 20);
    return;
  }
  if (u === '/slow') {
    r.writeHead(200);
    r.write('abc');
    return;
  }
  if (u === '/never') {
    return;
  }
  if (u === '/st') {
    r.writeHead(299, 'Odd Text');
    return r.end();
  }
  r.end('ok ' + u);
});
s.listen(0, '127.0.0.1', async () => {
  const B = 'http://127.0.0.1:' + s.address().port;
  const clean = (x) => x.replaceAll(String(s.address().port), 'PORT');
  await attempt('get', async () => {
    const r = await fetch(B + '/echo');
    console.log(clean(require('util').inspect(r)).replace(/date: '.*'/, 'date'));
    return JSON.stringify(await r.json());
  });
  for (const [m, b, h] of [
    ['POST', 'str'],
    ['POST', new URLSearchParams('a=1')],
    ['POST', undefined],
    ['PUT', new Uint8Array([65])],
    ['DELETE', undefined],
    ['PATCH', 'p'],
    ['POST', null],
    ['POST', new Blob(['bl'], { type: 't/t' })],
    [
      'POST',
      (() => {
        const f = new FormData();
        f.append('a', 'b');
        return f;
      })(),
    ],
    [
      'POST',
      (async function* () {
        yield Buffer.from('it');
      })(),
    ],
    ['OPTIONS'],
    ['HEAD'],
    [
      'POST',
      'x',
      {
        'Content-Type': 'a/b',
        'User-Agent': 'me',
        Accept: 'z',
        'Accept-Language': 'fr',
        'X-Foo': 'bar',
        Host: 'hh',
        'Accept-Encoding': 'identity',
        connection: 'close',
      },
    ],
    ['GET', undefined, { range: 'bytes=0-' }],
  ])
    await attempt('echo ' + m, async () => {
      const r = await fetch(B + '/echo', { method: m, body: b, headers: h, duplex: 'half' });
      return await r.text();
    });
  await attempt('cookies', async () => {
    const r = await fetch(B + '/cookies');
    return [...r.headers].filter((x) => x[0] != 'date');
  });
  for (const st of [301, 302, 303, 307, 308])
    for (const m of ['GET', 'POST', 'PUT', 'HEAD'])
      await attempt(`redir ${st} ${m}`, async () => {
        const r = await fetch(`${B}/r/${st}/echo`, {
          method: m,
          body: m == 'GET' || m == 'HEAD' ? undefined : 'bb',
          headers: { 'x-q': '1' },
        });
        return [r.status, r.redirected, clean(r.url), await r.text()];
      });
  await attempt('redir stream', async () => {
    const r = await fetch(`${B}/r/307/echo`, {
      method: 'POST',
      body: new ReadableStream({
        start(c) {
          c.enqueue(Buffer.from('x'));
          c.close();
        },
      }),
      duplex: 'half',
    });
    return r.status;
  });
  await attempt('redir stream303', async () => {
    const r = await fetch(`${B}/r/303/echo`, {
      method: 'POST',
      body: new ReadableStream({
        start(c) {
          c.enqueue(Buffer.from('x'));
          c.close();
        },
      }),
      duplex: 'half',
    });
    return r.status;
  });
  await attempt('manual', async () => {
    const r = await fetch(`${B}/r/302/echo`, { redirect: 'manual' });
    return [r.status, r.type, r.url.length > 0, r.headers.get('location'), r.redirected, await r.text()];
  });
  await attempt('error', async () => {
    const r = await fetch(`${B}/r/302/echo`, { redirect: 'error' });
    return r.status;
  });
  await attempt('loop', async () => fetch(B + '/loop'));
  await attempt('noloc', async () => {
    const r = await fetch(B + '/noloc');
    return [r.status, await r.text()];
  });
  await attempt('badloc', async () => fetch(B + '/badloc'));
  await attempt('ftp', async () => fetch(B + '/ftp'));
  await attempt('data', async () => fetch(B + '/data'));
  await attempt('frag', async () => clean((await fetch(B + '/r/302/echo#frag')).url));
  await attempt('frag2', async () => clean((await fetch(B + '/x#frag')).url));
  await attempt('cross', async () => {
    const s2 = http.createServer((q, r) =>
      r.end(
        JSON.stringify([q.headers.authorization, q.headers.cookie, q.headers['x-y'], q.headers['proxy-authorization']]),
      ),
    );
    await new Promise((r) => s2.listen(0, r));
    const s3 = http.createServer((q, r) => {
      r.writeHead(302, { location: 'http://127.0.0.1:' + s2.address().port + '/' });
      r.end();
    });
    await new Promise((r) => s3.listen(0, r));
    const r = await fetch('http://127.0.0.1:' + s3.address().port, {
      headers: { authorization: 'A', cookie: 'c=1', 'x-y': 'z', 'proxy-authorization': 'pa' },
    });
    const t = await r.text();
    s2.close();
    s3.close();
    return t;
  });
  await attempt('204', async () => {
    const r = await fetch(B + '/204');
    return [r.body, await r.text(), r.status];
  });
  await attempt('304', async () => {
    const r = await fetch(B + '/304');
    return [r.body, r.status];
  });
  await attempt('HEAD body', async () => {
    const r = await fetch(B + '/x', { method: 'HEAD' });
    return [r.body, await r.text()];
  });
  await attempt('destroy', async () => fetch(B + '/destroy'));
  await attempt('half', async () => {
    const r = await fetch(B + '/half');
    return r.text();
  });
  await attempt('halfchunk', async () => {
    const r = await fetch(B + '/halfchunk');
    return r.text();
  });
  await attempt('st', async () => {
    const r = await fetch(B + '/st');
    return [r.status, r.statusText, r.ok, r.type];
  });
  await attempt('refused', async () => fetch('http://127.0.0.1:1'));
  await attempt('refused2', async () => fetch('http://127.0.0.1:1024/'));
  await attempt('badport', async () => fetch('http://127.0.0.1:6000'));
  await attempt('scheme', async () => fetch('ftp://x'));
  await attempt('scheme2', async () => fetch('foo:x'));
  await attempt('file', async () => fetch('file:///etc/passwd'));
  await attempt('about', async () => fetch('about:blank'));
  await attempt('ws', async () => fetch('ws://a'));
  await attempt('rel', async () => fetch('/a'));
  await attempt('none', async () => fetch());
  await attempt('cred', async () => fetch('http://u:p@127.0.0.1/'));
  await attempt('localhost refused', async () => fetch('http://localhost:1025/'));
  for (const d of [
    'data:,hello',
    'data:text/plain;base64,aGk=',
    'data:text/html;charset=utf-8,%3Cb%3E',
    'data:;base64,!!',
    'data:x',
    'data:application/json,{"a":1}',
    'data:;charset=x,q',
    'data:text/plain;base64,aG k=',
    'data:,a#frag',
    'data: text/x ; q=1 ,z',
  ])
    await attempt(d, async () => {
      const r = await fetch(d);
      return [r.status, r.statusText, r.type, r.url, [...r.headers], await r.text()];
    });
  const bu = URL.createObjectURL(new Blob(['0123456789'], { type: 'a/b' }));
  await attempt('blob', async () => {
    const r = await fetch(bu);
    return [r.status, r.statusText, [...r.headers], await r.text(), r.url === bu, r.type];
  });
  await attempt('blob range', async () => {
    const r = await fetch(bu, { headers: { range: 'bytes=2-4' } });
    return [r.status, r.statusText, [...r.headers], await r.text()];
  });
  await attempt('blob POST', async () => fetch(bu, { method: 'POST' }));
  await attempt('blob none', async () => fetch('blob:nodedata:zzz'));
  await attempt('blob badrange', async () => fetch(bu, { headers: { range: 'bytes=20-' } }));
  await attempt('blob suffix', async () => {
    const r = await fetch(bu, { headers: { range: 'bytes=-3' } });
    return [r.status, [...r.headers], await r.text()];
  });
  // abort
  await attempt('abort before', async () => fetch(B + '/x', { signal: AbortSignal.abort() }));
  await attempt('abort before reason', async () => fetch(B + '/x', { signal: AbortSignal.abort(7) }));
  await attempt('abort during hdr', async () => {
    const c = new AbortController();
    setTimeout(() => c.abort(), 30);
    return fetch(B + '/never', { signal: c.signal });
  });
  await attempt('abort during hdr reason', async () => {
    const c = new AbortController();
    setTimeout(() => c.abort(new Error('mine')), 30);
    return fetch(B + '/never', { signal: c.signal });
  });
  await attempt('timeout', async () => fetch(B + '/never', { signal: AbortSignal.timeout(20) }));
  await attempt('abort body', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/slow', { signal: c.signal });
    setTimeout(() => c.abort(), 30);
    return r.text();
  });
  await attempt('abort body reason', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/slow', { signal: c.signal });
    setTimeout(() => c.abort('why'), 30);
    return r.text();
  });
  await attempt('abort body timeout', async () => {
    const r = await fetch(B + '/slow', { signal: AbortSignal.timeout(40) });
    return r.text();
  });
  await attempt('abort sync', async () => {
    const c = new AbortController();
    const q = fetch(B + '/x', { signal: c.signal });
    c.abort();
    return q;
  });
  await attempt('abort after done', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/x', { signal: c.signal });
    const t = await r.text();
    c.abort();
    return t;
  });
  await attempt('abort buffered body', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/x', { signal: c.signal });
    await new Promise((r) => setTimeout(r, 30));
    c.abort();
    return r.text();
  });
  await attempt('abort reader', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/slow', { signal: c.signal });
    const rd = r.body.getReader();
    console.log((await rd.read()).value.length);
    setTimeout(() => c.abort(), 20);
    return rd.read();
  });
  for (const it of [
    'sha256-xxx',
    'sha256-' + require('crypto').createHash('sha256').update('ok /x').digest('base64'),
    'sha1-x',
    'sha512-z sha256-' + require('crypto').createHash('sha256').update('ok /x').digest('base64'),
    '',
  ])
    await attempt('integrity ' + it.slice(0, 10), async () => (await fetch(B + '/x', { integrity: it })).text());
  await attempt('body error', async () =>
    fetch(B + '/echo', {
      method: 'POST',
      duplex: 'half',
      body: new ReadableStream({
        pull(c) {
          c.error(new Error('bodyerr'));
        },
      }),
    }),
  );
  await attempt(
    'body str chunk',
    async () =>
      (
        await fetch(B + '/echo', {
          method: 'POST',
          duplex: 'half',
          body: new ReadableStream({
            pull(c) {
              c.enqueue('str');
              c.close();
            },
          }),
        })
      ).status,
  );
  await attempt('req obj', async () => {
    const q = new Request(B + '/echo', { method: 'POST', body: 'x' });
    const r = await fetch(q);
    return [q.bodyUsed, r.status];
  });
  await attempt('req used', async () => {
    const q = new Request(B + '/echo', { method: 'POST', body: 'x' });
    await fetch(q);
    return fetch(q);
  });
  await attempt('clen', async () =>
    fetch(B + '/echo', { method: 'POST', body: 'x', headers: { 'content-length': '5' } }),
  );
  await attempt('hdr te', async () =>
    fetch(B + '/echo', { method: 'POST', body: 'x', headers: { 'transfer-encoding': 'chunked' } }),
  );
  await attempt('hdr kA', async () => fetch(B + '/echo', { headers: { 'keep-alive': '1' } }));
  await attempt('hdr up', async () => fetch(B + '/echo', { headers: { upgrade: '1' } }));
  await attempt('hdr exp', async () => fetch(B + '/echo', { headers: { expect: '1' } }));
  await attempt('hdr conn', async () => (await fetch(B + '/echo', { headers: { connection: 'a' } })).status);
  await attempt('modes', async () => {
    const o = [];
    for (const m of ['cors', 'no-cors', 'same-origin'])
      o.push(
        JSON.parse(
          await (
            await fetch(B + '/echo', { mode: m }).catch((e) => ({ text: () => JSON.stringify(e.message) }))
          ).text(),
        ),
      );
    return JSON.stringify(o);
  });
  await attempt('cache', async () => {
    const o = [];
    for (const m of ['no-store', 'reload', 'no-cache', 'force-cache'])
      o.push(JSON.parse(await (await fetch(B + '/echo', { cache: m })).text()).rh.join());
    return o;
  });
  await attempt('referrer', async () => {
    const o = [];
    for (const m of ['http://z/', 'no-referrer'])
      o.push(JSON.parse(await (await fetch(B + '/echo', { referrer: m.startsWith('h') ? m : '' })).text()).rh.join());
    return o;
  });
  await attempt('clone', async () => {
    const r = await fetch(B + '/x');
    const c = r.clone();
    return [await r.text(), await c.text(), clean(c.url)];
  });
  await attempt('hdr immut', async () => {
    const r = await fetch(B + '/x');
    r.headers.set('a', 'b');
  });
  await attempt('early', async () => {
    const r = await fetch(B + '/echo', { method: 'POST', body: 'y'.repeat(300000) });
    return (await r.text()).length;
  });
  const raw = net.createServer((c) => {
    c.once('data', (d) => {
      const u = String(d).split(' ')[1];
      const m = {
        '/a': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
        '/b': 'garbage\r\n\r\n',
        '/c': 'HTTP/1.1 200 OK\r\n\r\nuntil close',
        '/d': 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nz',
        '/e': 'HTTP/1.1 200 OK\r\nX: \xe9\r\nContent-Length: 0\r\n\r\n',
        '/f': 'HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
        '/g': 'HTTP/1.1 103 Early\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\ng',
      }[u];
      c.end(m, 'latin1');
    });
  });
  await new Promise((r) => raw.listen(0, '127.0.0.1', r));
  const R = 'http://127.0.0.1:' + raw.address().port;
  for (const u of 'abcdefg')
    await attempt('raw ' + u, async () => {
      const r = await fetch(R + '/' + u);
      return [r.status, r.headers.get('x'), await r.text()];
    });
  raw.close();
  s.closeAllConnections();
  s.close();
});
