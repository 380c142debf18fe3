'use strict';

// WebSocket against a server that speaks RFC 6455 by hand, and breaks it.

const http = require('http'),
  crypto = require('crypto');
const log = (...a) => console.log(...a);
function frame(op, data, { fin = true, mask = false, rsv = 0, len } = {}) {
  data = Buffer.from(data);
  const n = data.length;
  let h;
  if (n < 126) h = Buffer.from([(fin ? 128 : 0) | (rsv << 4) | op, n]);
  else if (n < 65536) {
    h = Buffer.alloc(4);
    h[0] = (fin ? 128 : 0) | (rsv << 4) | op;
    h[1] = 126;
    h.writeUInt16BE(n, 2);
  } else {
    h = Buffer.alloc(10);
    h[0] = (fin ? 128 : 0) | (rsv << 4) | op;
    h[1] = 127;
    h.writeBigUInt64BE(BigInt(n), 2);
  }
  if (mask) h[1] |= 128;
  return Buffer.concat([h, data]);
}
function parse(buf, cb) {
  while (buf.length >= 2) {
    let n = buf[1] & 127,
      o = 2;
    if (n === 126) {
      n = buf.readUInt16BE(2);
      o = 4;
    } else if (n === 127) {
      n = Number(buf.readBigUInt64BE(2));
      o = 10;
    }
    if (buf.length < o + 4 + n) break;
    const m = buf.subarray(o, o + 4);
    const d = Buffer.from(buf.subarray(o + 4, o + 4 + n));
    for (let i = 0; i < d.length; i++) d[i] ^= m[i & 3];
    cb(buf[0] & 15, d, !!(buf[0] & 128), (buf[0] >> 4) & 7, !!(buf[1] & 128));
    buf = buf.subarray(o + 4 + n);
  }
  return buf;
}
const cases = {
  '/echo': (send, s) => (op, d) => {
    if (op === 1 || op === 2) send(frame(op, d));
    if (op === 8) {
      send(frame(8, d));
      s.end();
    }
  },
  '/frag': (send) => {
    send(frame(1, 'a', { fin: false }));
    send(frame(9, 'ping'));
    send(frame(0, 'b', { fin: false }));
    send(frame(0, 'c'));
    send(frame(8, Buffer.from([0x03, 0xe8, ...Buffer.from('bye')])));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/bin': (send) => {
    send(frame(2, Buffer.from([1, 2, 3])));
    send(frame(8, Buffer.from([0x0f, 0xa0])));
  },
  '/badutf': (send) => {
    send(frame(1, Buffer.from([0xff, 0xfe])));
    return (op, d) => log('  server got', op, d);
  },
  '/masked': (send) => {
    send(frame(1, 'xxxx', { mask: true }));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/rsv': (send) => {
    send(frame(1, 'x', { rsv: 4 }));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/rsv2': (send) => {
    send(frame(1, 'x', { rsv: 2 }));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/badop': (send) => {
    send(frame(3, 'x'));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/cont': (send) => {
    send(frame(0, 'x'));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/two': (send) => {
    send(frame(1, 'x', { fin: false }));
    send(frame(1, 'y'));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/bigping': (send) => {
    send(frame(9, 'x'.repeat(126)));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/fragping': (send) => {
    send(frame(9, 'x', { fin: false }));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/drop': (send, s) => {
    setTimeout(() => s.destroy(), 20);
  },
  '/end': (send, s) => {
    setTimeout(() => s.end(), 20);
  },
  '/close0': (send) => {
    send(frame(8, ''));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/close1': (send) => {
    send(frame(8, 'x'));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/closebad': (send) => {
    send(frame(8, Buffer.from([0x03, 0xed])));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/closeutf': (send) => {
    send(frame(8, Buffer.from([0x03, 0xe8, 0xff])));
    return (op, d) => log('  server got', op, d.toString('latin1'));
  },
  '/big': (send) => {
    send(frame(1, 'z'.repeat(70000)));
    send(frame(8, Buffer.from([0x03, 0xe8])));
  },
  '/never': () => {},
};
const s = http.createServer((q, r) => {
  r.writeHead(400);
  r.end('no');
});
s.on('upgrade', (q, sock, head) => {
  sock.on('error', () => {});
  const acc = crypto
    .createHash('sha1')
    .update(q.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11')
    .digest('base64');
  const u = q.url;
  let h = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acc}\r\n`;
  if (u === '/badaccept') h = h.replace(acc, 'x');
  if (u === '/noupg') h = h.replace('Upgrade: websocket\r\n', '');
  if (u === '/noconn') h = h.replace('Connection: Upgrade\r\n', '');
  if (u === '/200') h = h.replace('101 Switching', '200 OK');
  if (u === '/proto') h += 'Sec-WebSocket-Protocol: b\r\n';
  if (u === '/badproto') h += 'Sec-WebSocket-Protocol: zz\r\n';
  if (u === '/ext') h += 'Sec-WebSocket-Extensions: foo\r\n';
  if (u === '/hdr')
    log(
      '  hdrs',
      JSON.stringify(q.rawHeaders.map((x) => (/^127/.test(x) ? 'HOST' : /==$/.test(x) ? 'KEY' : x))),
      q.method,
      q.httpVersion,
    );
  if (u === '/split') {
    sock.on('data', () => sock.end());
    sock.write(h + '\r\n');
    sock.setNoDelay();
    const f = Buffer.concat([frame(1, 'héllo'), frame(8, Buffer.from([0x03, 0xe8]))]);
    let i = 0;
    const t = setInterval(() => {
      if (i >= f.length) return clearInterval(t);
      sock.write(f.subarray(i, ++i));
    }, 2);
    return;
  }
  const fn = cases[u];
  const z = fn;
  sock.write(h + '\r\n');
  if (u === '/proto') sock.on('data', () => sock.end());
  if (u === '/200') sock.end();
  if (!z) return;
  const cb = z((b) => sock.write(b), sock);
  let buf = head;
  sock.on('data', (d) => {
    buf = Buffer.concat([buf, d]);
    buf = parse(buf, (...a) => {
      cb?.(...a);
      if (a[0] === 8) sock.end();
    });
  });
});
const run = (u, act, arg) =>
  new Promise((res) => {
    log('== ' + u);
    const w = new WebSocket('ws://127.0.0.1:' + s.address().port + u, arg);
    let n = 0;
    w.onopen = (e) => {
      log('open', e.constructor.name, w.readyState, JSON.stringify(w.protocol), JSON.stringify(w.extensions));
      act?.(w);
    };
    w.onmessage = (e) => {
      log(
        'message',
        e.constructor.name,
        typeof e.data === 'string' ? (e.data.length > 50 ? e.data.length : e.data) : e.data,
        e.origin.replace(/\d+$/, 'P'),
        e.lastEventId,
        e.source,
        e.ports,
      );
      if (w.onm) w.onm(e);
    };
    w.onerror = (e) =>
      log(
        'error',
        e.constructor.name,
        e.type,
        e.message,
        e.error && [e.error.name, e.error.message, e.error.cause && e.error.cause.message],
        w.readyState,
        e.bubbles,
        e.cancelable,
      );
    w.onclose = (e) => {
      log('close', e.constructor.name, e.code, e.reason, e.wasClean, w.readyState, w.bufferedAmount);
      setTimeout(res, 10);
    };
  });
s.listen(0, '127.0.0.1', async () => {
  await run(
    '/hdr',
    (w) => {
      w.close();
    },
    ['a', 'b'],
  );
  await run('/echo', (w) => {
    let k = 0;
    w.onm = () => {
      if (++k === 6) w.close(1000, 'done');
    };
    w.send('hi');
    w.send('ü€😀\ud800');
    w.send(new Uint8Array([1, 2]));
    w.send(new ArrayBuffer(2));
    w.send(new Blob(['blob']));
    w.send(5);
    log('buffered', w.bufferedAmount);
  });
  await run('/echo', (w) => {
    w.binaryType = 'arraybuffer';
    w.onm = () => w.close(3001, 'ü');
    w.send(new DataView(new ArrayBuffer(3), 1));
  });
  await run('/echo', (w) => {
    w.onm = () => w.close();
    w.send('y'.repeat(70000));
  });
  await run('/echo', (w) => {
    w.close();
    log('state', w.readyState);
    w.send('late');
    w.close();
  });
  for (const u of [
    '/frag',
    '/bin',
    '/split',
    '/badutf',
    '/masked',
    '/rsv',
    '/rsv2',
    '/badop',
    '/cont',
    '/two',
    '/bigping',
    '/fragping',
    '/drop',
    '/end',
    '/close0',
    '/close1',
    '/closebad',
    '/closeutf',
    '/big',
    '/badaccept',
    '/noupg',
    '/noconn',
    '/200',
    '/ext',
  ])
    await run(u);
  await run('/proto', (w) => w.close(), ['a', 'b']);
  await run('/badproto', null, ['a', 'b']);
  await run('/proto', null);
  await run('/badproto', null, undefined);
  await new Promise((res) => {
    log('== refused');
    const w = new WebSocket('ws://127.0.0.1:1024');
    w.onerror = (e) =>
      log('error', e.constructor.name, e.message, e.error && [e.error.name, e.error.message, e.error.cause]);
    w.onclose = (e) => {
      log('close', e.code, e.reason, e.wasClean);
      res();
    };
  });
  await new Promise((res) => {
    log('== close while connecting');
    const w = new WebSocket('ws://127.0.0.1:' + s.address().port + '/never');
    w.onopen = () => log('open');
    w.onerror = (e) => log('error', e.constructor.name, e.message);
    w.onclose = (e) => {
      log('close', e.code, e.reason, e.wasClean);
      res();
    };
    w.close();
    log(w.readyState);
  });
  await new Promise((res) => {
    log('== 400');
    const hs = http.createServer((q, r) => {
      r.writeHead(400);
      r.end();
    });
    hs.listen(0, () => {
      const w = new WebSocket('ws://127.0.0.1:' + hs.address().port + '/never');
      w.onerror = (e) =>
        log(
          'error',
          e.constructor.name,
          e.message,
          e.error && [e.error.message, e.error.cause && e.error.cause.message],
        );
      w.onclose = (e) => {
        log('close', e.code, e.reason, e.wasClean);
        hs.close();
        hs.closeAllConnections();
        res();
      };
    });
  });
  await new Promise((res) => {
    log('== bigger');
    const w = new WebSocket('ws://127.0.0.1:' + s.address().port + '/echo');
    const seen = [];
    w.addEventListener('message', (e) => {
      seen.push(e.data.size || e.data.length);
      if (seen.length === 3) w.close();
    });
    w.addEventListener('open', () => {
      w.send(new Uint8Array(200));
      w.send('x'.repeat(126));
      w.send(new Uint8Array(100000));
    });
    w.onclose = () => {
      log(seen);
      res();
    };
  });
  log('end');
  s.close();
  setTimeout(() => process.exit(), 100).unref();
});
