'use strict';

// Headers: what may stand in them, how they are converted, iterated, shown and guarded.

const util = require('util');
function attempt(label, f) {
  try {
    const r = f();
    console.log(label, '=>', r);
  } catch (e) {
    console.log(label, '!!', e && e.name, e.code, '|', e.message, '|', e.cause && e.cause.message);
  }
}
const mk = [
  undefined,
  null,
  1,
  'x',
  true,
  Symbol('q'),
  [],
  [[]],
  [['a']],
  [['a', 'b', 'c']],
  [
    ['a', 'b'],
    ['A', 'c'],
  ],
  { a: 1 },
  { a: undefined, b: null },
  new Map([['x', 'y']]),
  () => {},
  [1],
  ['ab'],
  [new Set(['k', 'v'])],
  { ['a b']: '1' },
  { a: 'x\u0100' },
  { a: 'x\ny' },
  { a: ' x y\t ' },
  { '': 'x' },
  { a: Symbol('z') },
  new Headers({ q: '1' }),
  { 'set-cookie': 'a=1' },
  [
    ['set-cookie', 'a=1'],
    ['set-cookie', 'b=2'],
  ],
  new URLSearchParams('a=1&b=2'),
  { [Symbol('s')]: '1' },
  [['a', 1]],
  '',
  new Date(0),
  { a: 'x\0y' },
  { a: '\n1\n' },
  { a: '' },
];
mk.forEach((v, i) => attempt('new Headers ' + i, () => [...new Headers(v)]));
const h = new Headers({ b: '2', A: '1' });
attempt('append0', () => h.append());
attempt('append1', () => h.append('a'));
attempt('append', () => h.append('a', '3'));
attempt('get', () => h.get('A'));
attempt('get none', () => h.get('zz'));
attempt('get bad', () => h.get('z z'));
attempt('get0', () => h.get());
attempt('has', () => h.has('b'));
attempt('has bad', () => h.has('('));
attempt('delete', () => h.delete('b'));
attempt('delete bad', () => h.delete('é'));
attempt('delete none', () => h.delete('nn'));
attempt('set', () => h.set('x', 'y'));
attempt('set1', () => h.set('x'));
attempt('set bad', () => h.set('x', '\u{1F600}'));
attempt('set bad name', () => h.set('x y', 'v'));
attempt('set bad value', () => h.set('x', 'a\0'));
attempt('append bad value', () => h.append('x', 'a\0'));
attempt('append bad name', () => h.append('x\n', 'a'));
attempt('append sym', () => h.append(Symbol('a'), 'a'));
attempt('append name non latin', () => h.append('ā', 'a'));
attempt('cookie', () => {
  h.append('Set-Cookie', 'a=1');
  h.append('set-cookie', 'b=2');
  return [h.get('set-cookie'), h.getSetCookie(), [...h]];
});
attempt('cookie j', () => {
  const g = new Headers();
  g.append('cookie', 'a=1');
  g.append('cookie', 'b=2');
  return g.get('cookie');
});
attempt('inspect', () => util.inspect(h));
attempt('inspect depth', () => util.inspect({ a: { b: { c: h } } }));
attempt('insp0', () => util.inspect(h, { depth: -1 }));
attempt('insp00', () => util.inspect(h, { depth: 0 }));
attempt('keys', () => [h.keys(), [...h.keys()], [...h.values()], [...h.entries()]]);
attempt('iter', () => {
  const it = h.entries();
  return [
    Object.prototype.toString.call(it),
    it.next(),
    Object.getOwnPropertyNames(Object.getPrototypeOf(it)),
    Object.getPrototypeOf(Object.getPrototypeOf(it)) ===
      Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())),
  ];
});
attempt('iter bad', () => h.entries().next.call({}));
attempt('forEach', () => {
  const a = [];
  h.forEach(function (...x) {
    a.push([x[0], x[1], x[2] === h, this]);
  }, 7);
  return a;
});
attempt('forEach0', () => h.forEach());
attempt('forEach bad', () => h.forEach(1));
attempt('this', () => Headers.prototype.get.call({}, 'a'));
attempt('this2', () => Headers.prototype.entries.call({}));
attempt('this3', () => Headers.prototype.getSetCookie.call({}));
attempt('this4', () => Headers.prototype.forEach.call({}, () => {}));
attempt('mut during iter', () => {
  const g = new Headers({ a: 1, b: 2, c: 3 });
  const o = [];
  for (const [k] of g) {
    o.push(k);
    g.delete(k);
  }
  return o;
});
attempt('mut add iter', () => {
  const g = new Headers({ b: 2 });
  const o = [];
  for (const [k] of g) {
    o.push(k);
    if (o.length < 4) g.append(k + '1', 'x');
  }
  return o;
});
attempt('iter===', () => Headers.prototype.entries === Headers.prototype[Symbol.iterator]);
attempt('tag', () => String(h));
attempt('name', () => [Headers.prototype[Symbol.iterator].name, Headers.prototype.keys.name]);
attempt('desc', () => Object.getOwnPropertyDescriptor(Headers.prototype, Symbol.iterator));
attempt('guard immutable', () => Response.error().headers.append('a', 'b'));
attempt('gi delete', () => Response.error().headers.delete('a'));
attempt('gi set', () => Response.error().headers.set('a', 'b'));
attempt('redir', () => Response.redirect('http://a/').headers.set('a', 'b'));
attempt('guard nocors', () => {
  const r = new Request('http://a', { mode: 'no-cors', headers: { a: 'b', accept: 'c' } });
  return [...r.headers];
});
attempt('nocors append', () => {
  const r = new Request('http://a', { mode: 'no-cors' });
  r.headers.append('x-y', '1');
  return [...r.headers];
});
attempt('forbidden', () => {
  const r = new Request('http://a', {
    headers: { host: 'b', cookie: 'c', 'content-length': '1', connection: 'x', te: 'x', 'sec-fetch-mode': 'q' },
  });
  return [...r.headers];
});
attempt('resp set-cookie', () => [...new Response('', { headers: { 'set-cookie': 'a' } }).headers]);
attempt('assign', () => {
  const g = new Headers();
  g.foo = 1;
  return util.inspect(g);
});
attempt('struct', () => structuredClone(h));
attempt('eq', () => util.isDeepStrictEqual(new Headers({ a: 1 }), new Headers({ a: 1 })));
attempt('insp many', () =>
  util.inspect(
    new Headers(Object.fromEntries(Array.from({ length: 8 }, (_, i) => ['header-name-' + i, 'value value ' + i]))),
  ),
);
