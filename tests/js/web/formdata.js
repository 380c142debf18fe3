'use strict';

// FormData, and multipart bodies written and read.

const util = require('util');
function attempt(label, f) {
  try {
    const r = f();
    console.log(label, '=>', r);
  } catch (e) {
    console.log(label, '!!', e && e.name, e.code, '|', e.message, '|', e.cause && e.cause.message);
  }
}
attempt('new', () => new FormData());
attempt('new und', () => new FormData(undefined));
attempt('new null', () => new FormData(null));
attempt('new obj', () => new FormData({}));
attempt('new form', () => new FormData('f'));
const f = new FormData();
attempt('a0', () => f.append());
attempt('a1', () => f.append('a'));
attempt('a2', () => f.append('a', '1'));
attempt('a3 str', () => f.append('a', '1', 'n'));
attempt('a4', () => f.append('n', 5));
attempt('blob', () => f.append('b', new Blob(['x'], { type: 'text/x' })));
attempt('blobn', () => f.append('b', new Blob(['x']), 'nm'));
attempt('file', () => f.append('f', new File(['x'], 'fn', { lastModified: 1, type: 'a/b' })));
attempt('file n', () => f.append('f', new File(['x'], 'fn', { lastModified: 1 }), 'other'));
attempt('get', () => f.get('a'));
attempt('getAll', () => f.getAll('a'));
attempt('get none', () => f.get('zz'));
attempt('has', () => f.has('b'));
attempt('get0', () => f.get());
attempt('get1', () => f.getAll());
attempt('h0', () => f.has());
attempt('d0', () => f.delete());
attempt('s0', () => f.set());
attempt('s1', () => f.set('a'));
attempt('set obj', () => f.set('o', 'v', 'n'));
attempt('getAll b', () => f.getAll('b').map((x) => [x.name, x.type, x.size, x.constructor.name]));
attempt('getAll f', () => f.getAll('f').map((x) => [x.name, x.type, x.lastModified]));
attempt('set', () => {
  f.set('a', 'only');
  return f.getAll('a');
});
attempt('set new', () => {
  f.set('z', 'zz');
  return [...f.keys()];
});
attempt('delete', () => {
  f.delete('a');
  return [...f.keys()];
});
const g = new FormData();
g.append('k', 'v');
g.append('k', 'w');
g.append('k', 'x');
g.append('j', new File(['abc'], 'q.txt', { type: 'text/plain', lastModified: 5 }));
attempt('inspect', () => util.inspect(g));
attempt('inspect d', () => util.inspect({ a: { b: g } }));
attempt('id0', () => util.inspect(g, { depth: 0 }));
attempt('ent', () => [...g.entries()]);
attempt('iter', () => g.entries());
attempt('iter v', () => g.values());
attempt('forEach', () => {
  const a = [];
  g.forEach((v, k, o) => a.push([v, k, o === g]));
  return a;
});
attempt('fe0', () => g.forEach());
attempt('fe1', () => g.forEach({}));
attempt('this', () => FormData.prototype.get.call({}, 'a'));
attempt('sym', () => g.append(Symbol('x'), 'a'));
attempt('lone', () => {
  const q = new FormData();
  q.append('\ud800', '\udfff');
  return [...q];
});
attempt('desc', () => Object.keys(FormData.prototype));
attempt('iterproto', () => Object.getOwnPropertyDescriptors(Object.getPrototypeOf(g.entries())));
(async () => {
  const fd = new FormData();
  fd.append('a"b\r\nc', 'x\r\ny\nz\rw');
  fd.append('é', 'ü');
  fd.append('file', new File(['content'], 'a"b.txt', { type: 'text/plain' }));
  fd.append('blob', new Blob(['q']));
  const r = new Response(fd);
  const ct = r.headers.get('content-type');
  console.log(ct.replace(/\d{5,}/, 'N'), ct.length);
  const tx = await r.text();
  console.log(JSON.stringify(tx.replaceAll(/formdata-undici-\d+/g, 'BOUND')));
  const b = await new Response(fd).blob();
  console.log(b.type.replace(/\d{5,}/, 'N'));
  const q = await new Response(fd).formData();
  console.log([...q].map(([k, v]) => [k, typeof v == 'string' ? v : [v.name, v.type, v.size]]));
  async function parse(body, ct) {
    try {
      const q = await new Response(body, { headers: { 'content-type': ct } }).formData();
      console.log([...q].map(([k, v]) => [k, typeof v == 'string' ? v : [v.name, v.type, v.size]]));
    } catch (e) {
      console.log(e.name, e.message, e.cause && e.cause.message, e.cause && e.cause.name);
    }
  }
  await parse('a=1&b=2+3&c=%20', 'application/x-www-form-urlencoded');
  await parse('a=1', 'application/x-www-form-urlencoded;charset=utf-8');
  await parse('a=1', 'text/plain');
  await parse('', 'multipart/form-data');
  await parse('x', 'multipart/form-data; boundary=abc');
  const M = (s) => s.replaceAll('\n', '\r\n');
  await parse(
    M('--abc\nContent-Disposition: form-data; name="a"\n\nv\n--abc--\n'),
    'multipart/form-data; boundary=abc',
  );
  await parse(M('--abc\nContent-Disposition: form-data; name="a"\n\nv\n--abc--'), 'multipart/form-data; boundary=abc');
  await parse(
    M(
      '--abc\ncontent-disposition: form-data; name="a"; filename="f.txt"\ncontent-type: text/x\n\nv1\nv2\n--abc\nContent-Disposition: form-data; name="b"\n\n\n--abc--\n',
    ),
    'multipart/form-data; boundary=abc',
  );
  await parse(
    M('preamble\n--abc\nContent-Disposition: form-data; name="a"\n\nv\n--abc--\n'),
    'multipart/form-data; boundary=abc',
  );
  await parse(M('--abc\nContent-Disposition: form-data\n\nv\n--abc--\n'), 'multipart/form-data; boundary=abc');
  await parse(M('--abc\nContent-Disposition: form-data; name=a\n\nv\n--abc--\n'), 'multipart/form-data; boundary=abc');
  await parse(M('--abc\nContent-Type: text/plain\n\nv\n--abc--\n'), 'multipart/form-data; boundary=abc');
  await parse(M('--abc\nContent-Disposition: form-data; name="a"\n\nv\n--ab'), 'multipart/form-data; boundary=abc');
  await parse(M('--abc--\n'), 'multipart/form-data; boundary=abc');
  await parse(M('--abc--'), 'multipart/form-data; boundary=abc');
  await parse('', 'multipart/form-data; boundary=abc');
  await parse('--abc\nContent-Disposition: form-data; name="a"\n\nv\n--abc--\n', 'multipart/form-data; boundary=abc');
  await parse(
    M('--abc\nContent-Disposition: form-data; name="a%22b%0D%0A"; filename="%22.txt"\n\nv\n--abc--\n'),
    'multipart/form-data; boundary=abc',
  );
  await parse(
    M('--abc\nContent-Disposition: form-data; name="a"; filename*=UTF-8\'\'%C3%A9.txt\n\nv\n--abc--\n'),
    'multipart/form-data; boundary=abc',
  );
  await parse(
    M(
      '--abc\nContent-Disposition: form-data; name="a"; filename="é"\nContent-Transfer-Encoding: base64\n\ndg==\n--abc--\n',
    ),
    'multipart/form-data; boundary="abc"',
  );
  await parse(
    M('--abc\nX-Other: 1\nContent-Disposition: form-data; name="a"\n\nv\n--abc--\nepilogue'),
    'multipart/form-data; boundary=abc',
  );
  await parse(
    M('--abc\nContent-Disposition: form-data; name="_charset_"\n\nv\n--abc--\n'),
    'multipart/form-data; boundary=abc',
  );
  try {
    await new Response('x').formData();
  } catch (e) {
    console.log(e.name, e.message, e.cause && e.cause.message);
  }
  try {
    await new Response().formData();
  } catch (e) {
    console.log(e.name, e.message, e.cause && e.cause.message);
  }
})();
