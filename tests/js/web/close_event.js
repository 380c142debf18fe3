'use strict';

// CloseEvent, WebSocket's arguments and members, referrers, what `http` exports.

const util = require('util');
function attempt(label, f) {
  try {
    const r = f();
    console.log(label, '=>', r);
  } catch (e) {
    console.log(label, '!!', e && e.name, e.code, '|', e.message, '|', e.cause && e.cause.message);
  }
}
for (const r of ['http://a/x', 'http://u:p@b/', 'about:client', 'about:blank', 'data:x', '', 'https://z/?q#f'])
  attempt('ref ' + r, () => new Request('http://a/', { referrer: r }).referrer);
attempt('window', () => new Request('http://a', { window: {} }));
attempt('windown', () => new Request('http://a', { window: null }).url);
attempt('req inherits', () => {
  const r = new Request('http://a/', {
    redirect: 'manual',
    cache: 'no-cache',
    credentials: 'omit',
    integrity: 'x',
    referrer: 'http://a/',
    referrerPolicy: 'origin',
    keepalive: true,
    headers: { a: '1' },
  });
  const s = new Request(r);
  return [s.redirect, s.cache, s.credentials, s.integrity, s.referrer, s.referrerPolicy, s.keepalive, [...s.headers]];
});
attempt('req inherits init', () => {
  const r = new Request('http://a/', { redirect: 'manual', referrer: 'http://a/', referrerPolicy: 'origin' });
  const s = new Request(r, { cache: 'no-store' });
  return [s.redirect, s.cache, s.referrer, s.referrerPolicy];
});
attempt('subclass', () => {
  class X extends Response {
    constructor(a, b) {
      super(a, b);
      this.q = 1;
    }
  }
  return new X('x');
});
attempt('hdr bad', () => new Response('', { headers: 5 }));
attempt('hdr null', () => new Response('', { headers: null }));
attempt('req hdr bad', () => new Request('http://a', { headers: 'x' }));
attempt('resp hdr', () => new Response('', { headers: { 'a b': 1 } }));
attempt('set fns', () => [Object.getOwnPropertyNames(fetch), fetch.toString === Function.prototype.toString]);
attempt('CloseEvent', () => {
  const e = new CloseEvent('close', { wasClean: true, code: 1000, reason: 'x' });
  return [e.wasClean, e.code, e.reason, e.type];
});
attempt('CE0', () => new CloseEvent());
attempt('CE bad', () => new CloseEvent('x', 5));
attempt('CE def', () => {
  const e = new CloseEvent('x');
  return [e.wasClean, e.code, e.reason];
});
attempt('CE code', () => new CloseEvent('x', { code: 70000 }).code);
attempt('insp', () =>
  util
    .inspect(new CloseEvent('x'))
    .split('\n')
    .map((x) => x.replace(/timeStamp.*/, 'ts'))
    .join('\n'),
);
attempt('CE this', () => Object.getOwnPropertyDescriptor(CloseEvent.prototype, 'code').get.call({}));
for (const a of [
  [],
  ['bad'],
  ['http://a'],
  ['ws://a/#f'],
  ['ftp://a'],
  ['ws://127.0.0.1:1', 5],
  ['ws://127.0.0.1:1', ['a', 'a']],
  ['ws://127.0.0.1:1', ['a b']],
  ['ws://127.0.0.1:1', ''],
  ['ws://127.0.0.1:1', { protocols: ['x'], headers: { a: '1' } }],
  [Symbol('x')],
  ['ws://127.0.0.1:1', 'x'],
])
  attempt('WS ' + String(a.map(String)), () => {
    const w = new WebSocket(...a);
    w.onerror = () => {};
    return [w.url, w.readyState, w.protocol, w.extensions, w.binaryType, w.bufferedAmount, w.onopen];
  });
{
  const w = new WebSocket('ws://127.0.0.1:1');
  w.onerror = () => {};
  attempt('send early', () => w.send('x'));
  attempt('send0', () => w.send());
  attempt('close code', () => w.close(1001));
  attempt('close code2', () => w.close(5000));
  attempt('close reason', () => w.close(1000, 'x'.repeat(124)));
  attempt('bt', () => {
    w.binaryType = 'arraybuffer';
    return w.binaryType;
  });
  attempt('bt bad', () => {
    w.binaryType = 'foo';
    return w.binaryType;
  });
  attempt('on', () => {
    w.onopen = 5;
    return w.onopen;
  });
  attempt('on2', () => {
    const f = () => {};
    w.onopen = f;
    return w.onopen === f;
  });
  attempt('close', () => {
    w.close(3000, 'q');
    return w.readyState;
  });
  attempt('insp', () => util.inspect(w));
}
attempt('dproto', () => [
  Object.getOwnPropertyDescriptor(WebSocket, 'OPEN'),
  Object.getOwnPropertyDescriptor(WebSocket.prototype, 'OPEN'),
  Object.getOwnPropertyDescriptor(WebSocket.prototype, Symbol.toStringTag),
]);
attempt('httpk', () => [require('http').WebSocket === WebSocket, require('http').CloseEvent === CloseEvent]);
const d = Object.getOwnPropertyDescriptor(fetch, 'name');
console.log(d);
