'use strict';

// Bodies of fetch: streams both ways, clones, cancels, aborts.

const http = require('http');
const attempt = async (l, f) => {
  try {
    console.log(l, '=>', await f());
  } catch (e) {
    const show = (e) =>
      e && typeof e == 'object'
        ? [e.constructor.name, e.name, e.code, e.message, Object.keys(e), e.cause && show(e.cause)]
        : e;
    console.log(l, '!!', show(e));
  }
};
const s = http.createServer((q, r) => {
  if (q.url === '/slowup') {
    let n = 0;
    q.on('data', (d) => {
      n += d.length;
    });
    q.on('end', () => r.end(String(n)));
    return;
  }
  if (q.url === '/big') {
    r.writeHead(200);
    let i = 0;
    (function w() {
      while (i++ < 400) if (!r.write(Buffer.alloc(65536, 97))) return r.once('drain', w);
      r.end();
    })();
    return;
  }
  if (q.url === '/chunks') {
    r.writeHead(200);
    let i = 0;
    const t = setInterval(() => {
      if (i++ < 3) r.write('c' + i);
      else {
        clearInterval(t);
        r.end();
      }
    }, 10);
    return;
  }
  if (q.url === '/ab') {
    q.on('close', () => console.log('server sees close'));
    r.writeHead(200);
    r.write('x');
    return;
  }
  if (q.url === '/echoh') {
    r.end(JSON.stringify(Object.keys(q.headers)));
    return;
  }
  if (q.url === '/reject') {
    r.writeHead(413, { connection: 'close' });
    r.end('too big');
    return;
  }
  if (q.url === '/multi') {
    q.resume();
    q.on('end', () => {
      r.setHeader('content-type', 'multipart/form-data; boundary=xx');
      r.end('--xx\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--xx--\r\n');
    });
    return;
  }
  if (q.url === '/dup') {
    r.writeHead(200, ['A', '1', 'a', '2', 'Content-Type', 'text/plain', 'content-type', 'text/html']);
    return r.end('x');
  }
  if (q.url === '/trail') {
    r.writeHead(200, { trailer: 'X-T' });
    r.write('b');
    r.addTrailers({ 'X-T': 'v' });
    return r.end();
  }
  r.end('ok');
});
s.listen(0, '127.0.0.1', async () => {
  const B = 'http://127.0.0.1:' + s.address().port;
  await attempt('chunks', async () => {
    const o = [];
    for await (const c of (await fetch(B + '/chunks')).body) o.push(Buffer.from(c).toString());
    return o;
  });
  await attempt('big', async () => (await (await fetch(B + '/big')).arrayBuffer()).byteLength);
  await attempt('slow read', async () => {
    const rd = (await fetch(B + '/big')).body.getReader();
    let n = 0;
    for (;;) {
      const { value, done } = await rd.read();
      if (done) break;
      n += value.length;
      if (Math.random() < 0.02) await new Promise((r) => setTimeout(r, 5));
    }
    return n;
  });
  await attempt('byob', async () => {
    const rd = (await fetch(B + '/chunks')).body.getReader({ mode: 'byob' });
    const o = [];
    for (;;) {
      const { value, done } = await rd.read(new Uint8Array(10));
      if (done) {
        o.push([done, value && value.length]);
        break;
      }
      o.push(Buffer.from(value).toString());
    }
    return o;
  });
  await attempt('upload stream', async () => {
    let i = 0;
    return (
      await fetch(B + '/slowup', {
        method: 'POST',
        duplex: 'half',
        body: new ReadableStream({
          pull(c) {
            if (i++ < 100) c.enqueue(new Uint8Array(50000));
            else c.close();
          },
        }),
      })
    ).text();
  });
  await attempt('upload file', async () => {
    const b = await require('fs').openAsBlob(__filename);
    return [
      Number(await (await fetch(B + '/slowup', { method: 'PUT', body: b })).text()) ===
        require('fs').statSync(__filename).size,
    ];
  });
  await attempt('upload fd', async () => {
    const f = new FormData();
    f.set('x', new File([new Uint8Array(100000)], 'f'));
    return (await fetch(B + '/slowup', { method: 'POST', body: f })).text();
  });
  await attempt(
    'upload node stream',
    async () =>
      (await fetch(B + '/slowup', { method: 'POST', duplex: 'half', body: require('fs').createReadStream(__filename) }))
        .status,
  );
  await attempt('cancel', async () => {
    const r = await fetch(B + '/ab');
    await r.body.cancel();
    return r.bodyUsed;
  });
  await new Promise((r) => setTimeout(r, 50));
  await attempt('abort upload', async () => {
    const c = new AbortController();
    let can;
    const q = fetch(B + '/slowup', {
      method: 'POST',
      duplex: 'half',
      signal: c.signal,
      body: new ReadableStream({
        pull(c) {
          return new Promise(() => {});
        },
        cancel(r) {
          can = r;
        },
      }),
    });
    setTimeout(() => c.abort('zz'), 30);
    try {
      await q;
    } catch (e) {
      return [e, can];
    }
  });
  await attempt('pipeThrough', async () => {
    const r = await fetch(B + '/chunks');
    return new Response(
      r.body.pipeThrough(new TextDecoderStream()).pipeThrough(
        new TransformStream({
          transform(c, k) {
            k.enqueue(new TextEncoder().encode(c.toUpperCase()));
          },
        }),
      ),
    ).text();
  });
  await attempt('multi', async () => [
    ...(await (await fetch(B + '/multi', { method: 'POST', body: 'x' })).formData()),
  ]);
  await attempt('dup', async () =>
    [...(await fetch(B + '/dup')).headers].filter((x) => x[0].length < 2 || x[0] == 'content-type'),
  );
  await attempt('dup blob', async () => (await (await fetch(B + '/dup')).blob()).type);
  await attempt('trail', async () => (await fetch(B + '/trail')).text());
  await attempt('parallel', async () =>
    (await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(B + '/?' + i).then((r) => r.text())))).join(),
  );
  await attempt('prop names', async () =>
    (await fetch(B + '/echoh', { headers: { __proto__x: '1', Constructor: '2' } })).text(),
  );
  await attempt('iter headers', async () => {
    const r = await fetch(B + '/');
    return [...r.headers.keys()];
  });
  await attempt('clone abort', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/ab', { signal: c.signal });
    const k = r.clone();
    setTimeout(() => c.abort(), 20);
    const res = await Promise.allSettled([r.text(), k.text()]);
    return res.map((x) => x.reason && x.reason.name);
  });
  await new Promise((r) => setTimeout(r, 50));
  await attempt('clone one read', async () => {
    const r = await fetch(B + '/big');
    const k = r.clone();
    const t = await k.arrayBuffer();
    r.body.cancel();
    return t.byteLength;
  });
  await attempt('lock then abort', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/ab', { signal: c.signal });
    const rd = r.body.getReader();
    await rd.read();
    c.abort();
    try {
      await rd.read();
    } catch (e) {
      return e.name;
    }
  });
  await attempt('request w signal', async () => {
    const c = new AbortController();
    const q = new Request(B + '/ab', { signal: c.signal });
    c.abort();
    return fetch(q);
  });
  await attempt('override', async () => {
    const q = new Request(B + '/echoh', { headers: { a: '1' }, method: 'POST', body: 'x' });
    return (await fetch(q, { headers: { b: '2' }, method: 'PUT' })).text();
  });
  await attempt('patch null', async () => {
    const r = await fetch(B + '/echoh', { method: 'PATCH' });
    return r.text();
  });
  await attempt('propfind', async () => (await fetch(B + '/echoh', { method: 'PROPFIND' })).text());
  await attempt('get after res', async () => {
    const r = new Request(B);
    const a = await fetch(r);
    const b = await fetch(r);
    return [await a.text(), await b.text()];
  });
  await attempt('reject big', async () => {
    try {
      const r = await fetch(B + '/reject', { method: 'POST', body: Buffer.alloc(1000) });
      return [r.status, await r.text()];
    } catch (e) {
      return 'closed';
    }
  });
  await attempt('unhandled none', async () => {
    const c = new AbortController();
    const r = await fetch(B + '/ab', { signal: c.signal });
    c.abort();
    await new Promise((r) => setTimeout(r, 20));
    return r.bodyUsed;
  });
  await attempt('headers obj', async () => {
    const h = new Headers({ X: '1' });
    const r = await fetch(B + '/echoh', { headers: h });
    return r.text();
  });
  await attempt('Response from fetch wrap', async () => {
    const r = await fetch(B + '/');
    const w = new Response(r.body, r);
    return [w.status, w.headers.has('date'), await w.text()];
  });
  await attempt('res init r', async () => {
    const r = await fetch(B + '/');
    const w = new Response(r.body, { headers: r.headers, status: 201 });
    return [w.status, [...w.headers].length === [...r.headers].length, r.bodyUsed];
  });
  await attempt('ipv6', async () => {
    const t = http.createServer((q, r) => r.end(q.headers.host.replace(/\d+$/, 'P')));
    await new Promise((r) => t.listen(0, '::1', r));
    const r = await (await fetch(`http://[::1]:${t.address().port}/`)).text();
    t.close();
    return r;
  });
  await attempt('localhost', async () => {
    const r = await fetch(`http://localhost:${s.address().port}/`);
    return r.text();
  });
  await attempt('inspect promise', async () => require('util').inspect(fetch('http://127.0.0.1:1').catch(() => {})));
  console.log(Object.prototype.toString.call(fetch), fetch.toString().slice(0, 8));
  s.closeAllConnections();
  s.close();
});
