"""What servers of HTTPS meet in the world: broken handshakes, garbage for records, connections that stop anywhere.

What is expected was recorded from Node 24, which runs the programs too when OUROLOOP_NODE names its binary.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from js.commands import output, write
from js.test_tls import Authority

PRELUDE = r"""
const fs = require('fs');
const https = require('https');
const net = require('net');
const tls = require('tls');
const log = console.log;
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const ca = fs.readFileSync('ca.pem');
const key = fs.readFileSync('localhost-key.pem');
const cert = fs.readFileSync('localhost-cert.pem');
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
const counts = new Map();
const count = (name) => counts.set(name, (counts.get(name) ?? 0) + 1);
const tell = (name) => {
  log(name, [...counts].map(([what, n]) => `${what}: ${n}`).sort().join('; '));
  counts.clear();
};
const descriptors = () => fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
const listener = (q, r) => { q.resume().on('error', () => {}).on('end', () => r.end('x')); };
const server = https.createServer({ key, cert, handshakeTimeout: Number(process.argv[2]) }, listener);
server.on('clientError', (error, socket) => {
  count(error.code);
  socket.destroy();
});
/** What a client says first. */
const hello = () => new Promise((resolve) => {
  const listening = net.createServer((socket) => {
    socket.on('error', () => {}).once('data', (data) => {
      socket.destroy();
      listening.close();
      resolve(data);
    });
  }).listen(0, '127.0.0.1', () => {
    const { port } = listening.address();
    tls.connect({ port, host: '127.0.0.1', servername: 'localhost', maxVersion: 'TLSv1.2' }).on('error', () => {});
  });
});
/** Sends bytes without TLS; resolves when the connection is over. */
const send = (bytes, how = '') => new Promise((resolve) => {
  const socket = net.connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {}).on('close', resolve).on('end', () => socket.destroy()).resume();
  socket.on('connect', () => {
    if (bytes.length > 0) socket.write(bytes);
    if (how === 'end') socket.end();
    if (how === 'reset') setTimeout(() => socket.resetAndDestroy(), 5);
  });
});
/** A client that has shaken hands: `then` gets its TLS and its TCP socket. */
const secure = (then, options = {}) => new Promise((resolve) => {
  const socket = net.connect(server.address().port, '127.0.0.1').on('error', () => {});
  const client = tls.connect({ socket, ca, servername: 'localhost', ...options }, () => then(client, socket));
  client.on('error', () => {}).on('close', resolve).resume();
});
const ask = () => new Promise((resolve) => {
  const request = https.get({ port: server.address().port, ca, host: 'localhost', agent: false });
  request.on('response', (response) => response.resume().on('end', () => resolve(response.statusCode)));
  request.on('error', (error) => resolve(error.code));
});
/** Every number below `end`, twenty at once. */
const each = async (end, then) => {
  for (let i = 0; i < end; i += 20) {
    await Promise.all(Array.from({ length: Math.min(20, end - i) }, (_, k) => then(i + k)));
  }
  await later(30);
};
const main = async (program) => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  await ask();
  await later(30);
  const before = descriptors();
  await program();
  log('still', await ask());
  await later(50);
  const timers = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  log('lost', descriptors() - before, timers > 1 ? timers : 0);
  server.getConnections((_, n) => log('connections', n));
  server.close(() => log('closed'));
};
"""

END = "still 200\nlost 0 0\nconnections 0\nclosed\n"

PROGRAMS = {
    "a handshake that ends or is reset at any byte": (r"""
main(async () => {
  const bytes = await hello();
  for (const how of ['end', 'reset']) {
    await each(bytes.length, (size) => send(bytes.subarray(0, size), how));
    // One connection is accepted a turn: some of those that were reset wait for that.
    for (let i = 0; i < 100 && counts.get('ECONNRESET') !== bytes.length; i++) await later(30);
    log([...counts.keys()], counts.get('ECONNRESET') === bytes.length);
    counts.clear();
  }
});
""", "[ 'ECONNRESET' ] true\n[ 'ECONNRESET' ] true\n"),
    "a handshake that never goes on": (r"""
main(async () => {
  const bytes = await hello();
  await Promise.all([0, 1, 5, 20, 100].map((size) => send(bytes.subarray(0, size))));
  tell('slow');
});
""", "slow ERR_TLS_HANDSHAKE_TIMEOUT: 5\n"),
    "garbage for a handshake": (r"""
main(async () => {
  const garbage = {
    'http': Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    'zeros': Buffer.alloc(100),
    'ones': Buffer.alloc(100, 255),
    'alert': Buffer.from([21, 3, 3, 0, 2, 2, 40]),
    'record without end': Buffer.from([22, 3, 3, 255, 255, 1]),
    'hello without end': Buffer.from([22, 3, 1, 0, 5, 1, 255, 255, 255, 0]),
    'data': Buffer.from([23, 3, 3, 0, 1, 0]),
    'unknown message': Buffer.from([22, 3, 1, 0, 5, 99, 0, 0, 1, 0]),
  };
  for (const name in garbage) {
    await send(garbage[name]);
    tell(name);
  }
});
""", """\
http ERR_SSL_HTTP_REQUEST: 1
zeros ERR_SSL_WRONG_VERSION_NUMBER: 1
ones ERR_SSL_WRONG_VERSION_NUMBER: 1
alert ERR_SSL_UNEXPECTED_MESSAGE: 1
record without end ERR_SSL_DATA_LENGTH_TOO_LONG: 1
hello without end ERR_SSL_EXCESSIVE_MESSAGE_SIZE: 1
data ERR_SSL_UNEXPECTED_MESSAGE: 1
unknown message ERR_SSL_UNEXPECTED_MESSAGE: 1
"""),
    "a handshake with any byte wrong": (r"""
main(async () => {
  const bytes = await hello();
  await each(bytes.length, (at) => {
    const broken = Buffer.from(bytes);
    broken[at] ^= 0xff;
    return send(broken, 'end');
  });
  log([...counts.values()].reduce((sum, n) => sum + n) === bytes.length);
});
""", "true\n"),
    "a request that stops at any byte": (r"""
main(async () => {
  // In TLS 1.3 the client is done with the handshake before the server is.
  const secured = new Set();
  server.on('secureConnection', (socket) => secured.add(socket.remotePort));
  const stop = {
    end: (client) => client.end(),
    reset: async (client, socket) => {
      while (!secured.has(socket.localPort)) await later(2);
      socket.resetAndDestroy();
    },
    garbage: (client, socket) => socket.write('no record'),
  };
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3']) {
    for (const how in stop) {
      await each(POST.length, (size) => secure((client, socket) => {
        client.write(POST.slice(0, size), () => stop[how](client, socket));
      }, { maxVersion }));
      secured.clear();
      tell(how);
    }
  }
});
""", """\
end HPE_INVALID_EOF_STATE: 68
reset ECONNRESET: 69
garbage ERR_SSL_WRONG_VERSION_NUMBER: 69
end HPE_INVALID_EOF_STATE: 68
reset ECONNRESET: 69
garbage ERR_SSL_BAD_RECORD_TYPE: 69
"""),
    "a client that never reads": (r"""
main(async () => {
  const piece = 'x'.repeat(65536);
  let most = 0;
  server.removeAllListeners('request').on('request', (q, r) => r.end(piece));
  const watch = setInterval(() => { for (const each of open) most = Math.max(most, each.writableLength); }, 5);
  const open = [];
  server.on('secureConnection', (socket) => open.push(socket));
  let rss = 0;
  await secure(async (client, socket) => {
    client.pause();
    socket.pause();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 100; i++) {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20));
      await later(1);
    }
    await later(200);
    rss = process.memoryUsage().rss - before;
    socket.destroy();
  });
  await later(50);
  clearInterval(watch);
  log(most < 2 ** 22, rss < 2 ** 26);
});
""", "true true\n"),
    "two thousand connections that are dropped": (r"""
main(async () => {
  const bytes = await hello();
  const round = async (n) => {
    await each(n, (k) => send(k % 2 ? bytes : bytes.subarray(0, k % 100), k % 3 ? 'reset' : 'end'));
    await later(500);
    gc();
    return process.memoryUsage();
  };
  await round(400);
  const before = await round(800);
  const after = await round(800);
  log(after.heapUsed - before.heapUsed < 2 ** 20, after.rss - before.rss < 2 ** 25);
});
""", "true true\n"),
}


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """An authority, and a key with its certificate."""
    authority = Authority("the authority")
    return {"ca.pem": authority.certificate.public_bytes(Encoding.PEM), **authority.issue("localhost")}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_server_goes_on_after(name: str, command: list[str], files: dict[str, bytes], tmp_path: Path) -> None:
    program, wanted = PROGRAMS[name]
    patience = "400" if name == "a handshake that never goes on" else "20000"  # ms
    write(tmp_path, {"program.js": PRELUDE + program, **files})
    assert output(command, "--expose-gc", "program.js", patience, folder=tmp_path) == wanted + END
