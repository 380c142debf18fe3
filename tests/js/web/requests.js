'use strict';

// Request and Response without a network: constructors, members, bodies, errors.

const util = require('util');
function attempt(label, f) {
  try {
    const r = f();
    console.log(label, '=>', r);
  } catch (e) {
    console.log(label, '!!', e && e.name, e.code, '|', e.message, '|', e.cause && e.cause.message);
  }
}
attempt('R0', () => new Request());
attempt('R rel', () => new Request('/a'));
attempt('R cred', () => new Request('http://u:p@a/'));
attempt('R obj', () => new Request({ toString: () => 'http://x/' }).url);
attempt('R und', () => new Request(undefined));
attempt('R url', () => new Request(new URL('http://a/b#c')).url);
attempt('R sym', () => new Request(Symbol('x')));
attempt('init num', () => new Request('http://a', 5));
attempt('init null', () => new Request('http://a', null).url);
attempt('init str', () => new Request('http://a', 'x'));
for (const m of [
  'get',
  'Get',
  'PATCH',
  'post',
  'delete',
  'options',
  'head',
  'put',
  'FOO',
  'a b',
  '',
  'TRACE',
  'track',
  'CONNECT',
  null,
  5,
  undefined,
])
  attempt('method ' + m, () => new Request('http://a', { method: m }).method);
attempt('body GET', () => new Request('http://a', { body: 'x' }));
attempt('body HEAD', () => new Request('http://a', { method: 'HEAD', body: '' }));
attempt('body null GET', () => new Request('http://a', { body: null }).body);
for (const k of [
  'mode',
  'credentials',
  'cache',
  'redirect',
  'referrerPolicy',
  'duplex',
  'priority',
  'window',
  'referrer',
  'integrity',
  'keepalive',
  'signal',
  'dispatcher',
])
  for (const v of ['bogus', '', null, undefined, 'cors', 'omit', 'manual', 'half', 'about:client'])
    attempt(k + ' ' + v, () => {
      const r = new Request('http://a/', { [k]: v });
      return k === 'window' || k === 'dispatcher' ? 'ok' : r[k];
    });
attempt('ref rel', () => new Request('http://a/', { referrer: '/q' }).referrer);
attempt('only-if-cached+same', () => new Request('http://a/', { cache: 'only-if-cached', mode: 'same-origin' }).cache);
attempt('stream noduplex', () => new Request('http://a', { method: 'POST', body: new ReadableStream() }));
attempt(
  'stream dup',
  () => new Request('http://a', { method: 'POST', duplex: 'half', body: new ReadableStream() }).body,
);
attempt(
  'keepalive stream',
  () => new Request('http://a', { method: 'POST', duplex: 'half', keepalive: true, body: new ReadableStream() }).body,
);
attempt(
  'async iter body',
  () =>
    new Request('http://a', {
      method: 'POST',
      duplex: 'half',
      body: (async function* () {
        yield 'x';
      })(),
    }).body,
);
attempt(
  'async iter nodup',
  () =>
    new Request('http://a', {
      method: 'POST',
      body: (async function* () {
        yield 'x';
      })(),
    }).body,
);
attempt('obj body', () => [...new Request('http://a', { method: 'POST', body: {} }).headers]);
attempt('num body', () => [...new Response(5).headers]);
attempt('usp', () => [...new Request('http://a', { method: 'POST', body: new URLSearchParams('a=1') }).headers]);
attempt('blob', () => [...new Request('http://a', { method: 'POST', body: new Blob(['x'], { type: 'q/r' }) }).headers]);
attempt('blob nt', () => [...new Request('http://a', { method: 'POST', body: new Blob(['x']) }).headers]);
attempt('buf', () => [...new Response(new Uint8Array(3)).headers]);
attempt('ab', () => [...new Response(new ArrayBuffer(3)).headers]);
attempt('dv', () => [...new Response(new DataView(new ArrayBuffer(3))).headers]);
attempt('sab', () => [...new Response(new SharedArrayBuffer(3)).headers]);
attempt('null', () => [
  new Response(null).body,
  new Response().body,
  new Response(undefined).body,
  new Response('').body,
]);
attempt('ct kept', () => [...new Response('x', { headers: { 'content-type': 'a/b' } }).headers]);
attempt('inspect req', () =>
  util.inspect(new Request('http://a/', { method: 'POST', body: 'x', headers: { a: 'b' } })),
);
attempt('inspect res', () => util.inspect(new Response('x', { status: 404, statusText: 'NF' })));
attempt('insp nested', () => util.inspect({ a: { b: { c: new Response() } } }));
attempt('insp 1', () => util.inspect({ a: new Response() }));
attempt('insp dneg', () => util.inspect(new Response('x'), { depth: -1 }));
attempt('status', () => new Response('', { status: 204 }));
for (const s of [199, 200, 600, 599, 99, '201', NaN, null, undefined, 101, 204, 304, 205, 103, 65736])
  attempt('st ' + s, () => new Response(null, { status: s }).status);
attempt('204 body', () => new Response('x', { status: 204 }));
attempt('st text', () => new Response(null, { statusText: '\n' }));
attempt('st u', () => new Response(null, { statusText: 'ā' }));
attempt('st u2', () => new Response(null, { statusText: 'é' }).statusText);
attempt('res init', () => new Response(null, 5));
attempt('res init s', () => new Response(null, 'x'));
attempt('res init null', () => new Response(null, null).status);
attempt('json', () => Response.json({ a: 1 }));
attempt('json0', () => Response.json());
attempt('json und', () => Response.json(undefined));
attempt('json circ', () => {
  const a = {};
  a.a = a;
  return Response.json(a);
});
attempt('json init', () => Response.json(1, { status: 201, headers: { 'content-type': 'x/y' } }));
attempt('json 204', () => Response.json(1, { status: 204 }));
attempt('json sym', () => Response.json(Symbol('x')));
attempt('json fn', () => Response.json(() => {}));
attempt('err', () => Response.error());
attempt('redir', () => Response.redirect('http://a/b', 301));
attempt('redir d', () => Response.redirect('http://a/b').status);
attempt('redir bad', () => Response.redirect('http://a', 200));
attempt('redir rel', () => Response.redirect('/x'));
attempt('redir0', () => Response.redirect());
attempt('redir sym', () => Response.redirect('http://é/ü').headers.get('location'));
attempt('this', () => Object.getOwnPropertyDescriptor(Response.prototype, 'status').get.call({}));
attempt('this r', () => Object.getOwnPropertyDescriptor(Request.prototype, 'url').get.call({}));
attempt('this clone', () => Response.prototype.clone.call({}));
attempt('clone', () => {
  const r = new Response('x');
  const c = r.clone();
  return [r, c];
});
attempt('from req', () => {
  const r = new Request('http://a/', { method: 'POST', body: 'x', headers: { q: '1' } });
  const s = new Request(r, { headers: { z: '1' } });
  return [r.bodyUsed, s.bodyUsed, [...s.headers], s.method, r.body === s.body];
});
attempt('from req m', () => {
  const r = new Request('http://a/', { method: 'POST', body: 'x' });
  return new Request(r, { method: 'GET' });
});
attempt('signal', () => {
  const c = new AbortController();
  const r = new Request('http://a/', { signal: c.signal });
  c.abort(5);
  return [r.signal.aborted, r.signal.reason, r.signal === c.signal];
});
attempt('sig bad', () => new Request('http://a', { signal: {} }));
attempt('sig already', () => {
  const r = new Request('http://a/', { signal: AbortSignal.abort() });
  return [r.signal.aborted, r.signal.reason.name];
});
attempt('destination', () => {
  const r = new Request('http://a');
  return [r.destination, r.isReloadNavigation, r.isHistoryNavigation, r.duplex, r.attribute];
});
attempt('body type', () => {
  const s = new Response('x').body;
  return [s, s.locked, s instanceof ReadableStream];
});
attempt('body same', () => {
  const r = new Response('x');
  return r.body === r.body;
});
attempt('headers same', () => {
  const r = new Response('x');
  return r.headers === r.headers;
});
attempt('used body', () => {
  const s = new ReadableStream();
  s.getReader();
  return new Response(s);
});
attempt('getter props', () => Object.keys(new Response('')));
attempt('str', () => [String(new Response()), String(new Request('http://a'))]);
(async () => {
  const attempt = async (l, f) => {
    try {
      console.log(l, '=>', await f());
    } catch (e) {
      console.log(l, '!!', e.name, e.code, '|', e.message, '|', e.cause && e.cause.message);
    }
  };
  await attempt('text', () => new Response('héllo').text());
  await attempt('json', () => new Response('{"a":[1]}').json());
  await attempt('json bad', () => new Response('{').json());
  await attempt('json empty', () => new Response('').json());
  await attempt('ab', () => new Response('ab').arrayBuffer());
  await attempt('bytes', () => new Response('ab').bytes());
  await attempt('blob', () => new Response('ab').blob());
  await attempt('blob t', () => new Response('ab', { headers: { 'content-type': 'Text/HTML; Charset=UTF-8' } }).blob());
  await attempt('blob bt', () => new Response('ab', { headers: { 'content-type': 'bogus' } }).blob());
  await attempt('null text', () => new Response().text());
  await attempt('null json', () => new Response().json());
  await attempt('null bytes', () => new Response().bytes());
  await attempt('null blob', () => new Response().blob());
  await attempt('bom', async () =>
    JSON.stringify([await new Response('\ufeffx').text(), await new Response('\ufeff1').json()]),
  );
  await attempt('twice', async () => {
    const r = new Response('x');
    await r.text();
    console.log(r.bodyUsed, r.body);
    return r.text();
  });
  await attempt('twice null', async () => {
    const r = new Response();
    await r.text();
    console.log(r.bodyUsed);
    return r.text();
  });
  await attempt('locked', async () => {
    const r = new Response('x');
    r.body.getReader();
    console.log(r.bodyUsed);
    return r.text();
  });
  await attempt('clone used', async () => {
    const r = new Response('x');
    await r.text();
    return r.clone();
  });
  await attempt('clone locked', async () => {
    const r = new Response('x');
    r.body.getReader();
    return r.clone();
  });
  await attempt('req clone used', async () => {
    const r = new Request('http://a', { method: 'POST', body: 'x' });
    await r.text();
    return r.clone();
  });
  await attempt('new from used', async () => {
    const r = new Request('http://a', { method: 'POST', body: 'x' });
    await r.text();
    return new Request(r);
  });
  await attempt('clone both', async () => {
    const r = new Response('xy');
    const c = r.clone();
    return [await r.text(), await c.text()];
  });
  await attempt('stream body', async () =>
    new Response(
      new ReadableStream({
        start(c) {
          c.enqueue(new TextEncoder().encode('a'));
          c.enqueue(new TextEncoder().encode('b'));
          c.close();
        },
      }),
    ).text(),
  );
  await attempt('stream str', async () =>
    new Response(
      new ReadableStream({
        start(c) {
          c.enqueue('a');
          c.close();
        },
      }),
    ).text(),
  );
  await attempt('stream err', async () =>
    new Response(
      new ReadableStream({
        start(c) {
          c.error(new Error('boo'));
        },
      }),
    ).text(),
  );
  await attempt('iter', async () =>
    new Response(
      (function* () {
        yield Buffer.from('a');
        yield Buffer.from('b');
      })(),
    ).text(),
  );
  await attempt('aiter', async () =>
    new Response(
      (async function* () {
        yield Buffer.from('a');
        yield 'b';
      })(),
    ).text(),
  );
  await attempt('aiter2', async () =>
    new Response(
      (async function* () {
        yield Buffer.from('a');
        yield Buffer.from('b');
      })(),
    ).text(),
  );
  await attempt('arr', async () => new Response(['a', 1]).text());
  await attempt('map', async () => new Response(new Map([[1, 2]])).text());
  await attempt('readable', async () => new Response(require('stream').Readable.from([Buffer.from('a')])).text());
  await attempt('this', async () => Response.prototype.text.call({}));
  await attempt('this2', async () => Response.prototype.text.call(new Request('http://a')));
  await attempt('this3', () => Response.prototype.json.call(undefined));
  await attempt('for await', async () => {
    const a = [];
    for await (const c of new Response('abc').body) a.push(c);
    return a;
  });
  await attempt('detached', async () => {
    const b = new Uint8Array([65, 66]);
    const r = new Response(b);
    b[0] = 90;
    return r.text();
  });
  await attempt('usp', async () => [await new Response(new URLSearchParams('a=ü&b=c d')).text()]);
  await attempt('byob', async () => {
    const rd = new Response('abcdef').body.getReader({ mode: 'byob' });
    return rd.read(new Uint8Array(4));
  });
  await attempt('cancel', async () => {
    const r = new Response('x');
    await r.body.cancel();
    return [r.bodyUsed, r.body];
  });
})();
