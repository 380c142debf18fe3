"""What servers of HTTP in JavaScript meet in the world: they go on serving, and nothing of it stays behind.

What is expected was recorded from Node 24, which runs the programs too when OUROLOOP_NODE names its binary.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from js.commands import OURO, environment, output, write
from node.test_http_malformed import CASES, NODE_SERVER, exchange_all, expected

from ouroloop.node.environment import Environment

PRELUDE = r"""
const fs = require('fs');
const http = require('http');
const net = require('net');
const log = console.log;
const descriptors = () => fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0;
const serve = (listener, options = {}) => new Promise((resolve) => {
  const server = http.createServer(options, listener);
  server.listen(0, '127.0.0.1', () => resolve(server));
});
/** What comes back for `bytes`: status codes, and how the connection ends. `how` is what is done after the writing. */
const talk = (server, bytes, how = '') => new Promise((resolve) => {
  const socket = net.connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  let text = '';
  const done = (end) => {
    socket.destroy();
    resolve([...Array.from(text.matchAll(/HTTP\/1.1 (\d+)/g), (found) => found[1]), end].join(' '));
  };
  socket.setEncoding('latin1').on('data', (part) => { text += part; });
  socket.on('error', (error) => done(error.code)).on('end', () => done('closed')).on('close', () => done('gone'));
  socket.on('connect', () => {
    if (bytes.length > 0) socket.write(bytes);
    if (how === 'end') socket.end();
    if (how === 'reset') setImmediate(() => socket.resetAndDestroy());
    if (how === 'drop') socket.destroy();
  });
});
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const LAST = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
/** Ends the server; nothing of it may be left. */
const finish = async (server) => {
  log('still', await talk(server, LAST));
  const connections = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
  log('connections', connections);
  server.close(() => log('closed'));
};
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
"""

PROGRAMS = {
    "slow clients are told that they are late": (r"""
(async () => {
  const server = await serve(
    (q, r) => r.end('x'), { headersTimeout: 150, requestTimeout: 300, connectionsCheckingInterval: 40 });
  const drip = (text, ms) => new Promise((resolve) => {
    const socket = net.connect(server.address().port, '127.0.0.1');
    let at = 0;
    let got = '';
    const timer = setInterval(() => at < text.length ? socket.write(text[at++]) : socket.write('a'), ms);
    socket.setEncoding('latin1').on('data', (part) => { got += part; });
    socket.on('error', () => {}).on('close', () => { clearInterval(timer); resolve(got.slice(9, 12)); });
  });
  log(await Promise.all([
    drip('GET / HT', 10), drip(GET.slice(0, -4), 10), drip(POST.slice(0, -7), 5), drip('', 10)]));
  await finish(server);
})();
""", """
[ '400', '408', '408', '400' ]
still 200 closed
connections 0
closed
"""),
    "a client that ends or is gone at any byte": (r"""
(async () => {
  const server = await serve((q, r) => { q.resume().on('error', () => {}).on('end', () => r.end('x')); });
  for (const how of ['end', 'reset']) {
    const pieces = Array.from(`${POST}.`, (_, size) => POST.slice(0, size));
    const found = await Promise.all(pieces.map((piece) => talk(server, piece, how)));
    const groups = Object.entries(Object.groupBy(found, (each) => each));
    log(how, groups.map(([name, list]) => `${name}: ${list.length}`).join('; '));
  }
  await finish(server);
})();
""", """
end closed: 1; 400 closed: 68; 200 closed: 1
reset gone: 70
still 200 closed
connections 0
closed
"""),
    "twenty thousand connections that are dropped": (r"""
(async () => {
  const server = await serve((q, r) => r.end('x'));
  let opened = 0;
  server.on('connection', () => opened++);
  const texts = ['', 'GET / HT', GET];
  const drop = async (n) => {
    let i = 0;
    await new Promise((resolve) => {
      let closed = 0;
      const next = () => {
        const k = i++;
        const socket = net.connect(server.address().port, '127.0.0.1').on('error', () => {});
        socket.on('connect', () => {
          if (k % 3 > 0) socket.write(texts[k % 3]);
          if (k % 2 > 0) socket.resetAndDestroy();
          else socket.destroy();
        });
        socket.on('close', () => {
          closed++;
          if (i < n) setImmediate(next);
          else if (closed === n) resolve();
        });
      };
      for (let k = 0; k < 100; k++) next();
    });
    for (let left = -1; left !== 0; await later(5)) {
      left = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
    }
    gc();
    return { ...process.memoryUsage(), descriptors: descriptors(), resources: process.getActiveResourcesInfo().length };
  };
  await drop(2000);
  const before = await drop(8000);
  const after = await drop(10000);
  log(opened > 19000, after.heapUsed - before.heapUsed < 2 ** 20, after.rss - before.rss < 2 ** 26);
  log(after.descriptors - before.descriptors, after.resources - before.resources);
  await finish(server);
})();
""", """
true true true
0 0
still 200 closed
connections 0
closed
"""),
    "a client that never reads": (r"""
(async () => {
  const piece = 'x'.repeat(65536);
  let answered = 0;
  let most = 0;
  const server = await serve((q, r) => { answered++; r.end(piece); });
  server.on('connection', (socket) => {
    setInterval(() => { most = Math.max(most, socket.writableLength); }, 5).unref();
  });
  const socket = net.connect(server.address().port, '127.0.0.1');
  socket.on('error', () => {});
  socket.pause();
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 200; i++) {
    socket.write(GET.repeat(20));
    await later(1);
  }
  await later(200);
  const grown = (process.memoryUsage().rss - before) / 2 ** 20;
  log('answered less than asked', answered < 2000, 'bounded', grown < 64, most < 2 ** 22);
  socket.destroy();
  await later(20);
  await finish(server);
})();
""", """
answered less than asked true bounded true true
still 200 closed
connections 0
closed
"""),
    "garbage and heads of a megabyte": (r"""
(async () => {
  const server = await serve((q, r) => { q.resume().on('error', () => {}).on('end', () => r.end('x')); });
  let seed = 5;
  const random = (n) => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed % n; };
  const found = new Set();
  for (let i = 0; i < 60; i++) {
    const bytes = Buffer.from(Array.from({ length: 1 + random(300) }, () => random(256)));
    bytes[0] = 1;
    found.add(await talk(server, bytes, 'end'));
    const broken = Buffer.from(POST);
    broken[random(broken.length)] = 0;
    found.add(await talk(server, broken, 'end'));
  }
  log([...found].sort().join('; '));
  server.on('clientError', (error, socket) => {
    log(error.code);
    socket.destroy();
  });
  const much = 'x'.repeat(2 ** 20);
  for (const head of [`GET / HTTP/1.1\r\nHost: a\r\nX: ${much}\r\n\r\n`, `GET /${much} HTTP/1.1\r\nHost: a\r\n\r\n`]) {
    await talk(server, head, 'end');
  }
  await finish(server);
})();
""", """
200 closed; 400 closed
HPE_HEADER_OVERFLOW
HPE_HEADER_OVERFLOW
still 200 closed
connections 0
closed
"""),
    "what is said of a request that ends too soon": (r"""
(async () => {
  const server = await serve((request) => request.resume().on('error', () => {}));
  server.on('clientError', (error, socket) => {
    log(error.message, error.code, error.reason, error.bytesParsed, 'rawPacket' in error);
    socket.destroy();
  });
  const body = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab';
  for (const bytes of ['GET / HT', 'GET / HTTP/1.1\r\nHost: a\r\n', body, POST.slice(0, -9)]) {
    await talk(server, bytes, 'end');
  }
  server.close();
})();
""", """
Parse Error HPE_INVALID_EOF_STATE Invalid EOF state 0 false
Parse Error HPE_INVALID_EOF_STATE Invalid EOF state 0 false
Parse Error HPE_INVALID_EOF_STATE Invalid EOF state 0 false
Parse Error HPE_INVALID_EOF_STATE Invalid EOF state 0 false
"""),
    "a thousand requests in one pipeline": (r"""
(async () => {
  const server = await serve((q, r) => setTimeout(() => r.end(q.url), Number(q.url.slice(1)) % 3));
  const socket = net.connect(server.address().port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1').on('data', (part) => { text += part; });
  for (let i = 0; i < 999; i++) socket.write(GET.replace('/', `/${i}`));
  socket.write(LAST.replace('/', '/999'));
  await new Promise((resolve) => socket.on('close', resolve));
  const urls = Array.from(text.matchAll(/\r\n\r\n\/(\d+)/g), (found) => +found[1]);
  log(urls.length, urls.every((n, i) => n === i));
  await finish(server);
})();
""", """
1000 true
still 200 closed
connections 0
closed
"""),
    "a listener that throws": (r"""
(async () => {
  let caught = 0;
  process.on('uncaughtException', (error) => { caught++; if (error.message !== 'thrown') log(error); });
  const server = await serve((q, r) => {
    if (q.url === '/throw') throw new Error('thrown');
    if (q.url === '/data') {
      q.on('data', () => { throw new Error('thrown'); }).on('end', () => r.end('x')).on('error', () => {});
    } else if (q.url === '/end') {
      q.resume().on('end', () => {
        r.end('x');
        throw new Error('thrown');
      });
    } else {
      if (q.url === '/finish') r.on('finish', () => { throw new Error('thrown'); });
      r.end('x');
      if (q.url === '/after') throw new Error('thrown');
    }
  });
  const get = (path) => GET.replace('/', path);
  const quiet = (bytes) => new Promise((resolve) => {
    const socket = net.connect(server.address().port, '127.0.0.1');
    let text = '';
    let how = 'open';
    socket.setEncoding('latin1').on('data', (part) => { text += part; });
    socket.on('error', (error) => { how = error.code; }).on('close', () => { how = 'closed'; });
    let i = 0;
    const next = () => {
      if (i < bytes.length) {
        socket.write(bytes[i++]);
        setTimeout(next, 30);
        return;
      }
      resolve(`${Array.from(text.matchAll(/HTTP\/1.1 (\d+)/g), (found) => found[1]).join()} ${how}`);
      socket.destroy();
    };
    next();
  });
  log('throw', await quiet([get('/throw'), get('/'), get('/')]), caught);
  log('throw, pipelined', await quiet([get('/throw') + get('/') + get('/'), get('/'), '']), caught);
  log('after', await quiet([get('/after'), get('/'), '']), caught);
  log('after, pipelined', await quiet([get('/after') + get('/'), get('/'), '']), caught);
  log('data', await quiet([POST.replace('/', '/data'), get('/'), '']), caught);
  log('end', await quiet([POST.replace('/', '/end'), get('/'), '']), caught);
  log('end of a GET', await quiet([get('/end'), get('/'), '']), caught);
  log('finish', await quiet([get('/finish'), get('/'), '']), caught);
  await later(30);
  await finish(server);
})();
""", """
throw 400 closed 1
throw, pipelined 400 closed 2
after 200,400 closed 3
after, pipelined 200,400 closed 4
data 400 closed 5
end 200,200 open 6
end of a GET 200,200 open 7
finish 200,200 open 8
still 200 closed
connections 0
closed
"""),
    "an answer when the client is gone": (r"""
(async () => {
  const told = [];
  const server = await serve((q, r) => {
    q.on('aborted', () => told.push('aborted')).on('close', () => told.push('q close'));
    q.on('error', (error) => told.push(error.code));
    r.on('close', () => {
      told.push('r close');
      setTimeout(() => {
        told.push(r.write('x'), r.destroyed, r.writableEnded); r.end('y');
        r.end('z', () => told.push('ended'));
      }, 5);
    });
    r.on('error', (e) => told.push('r ' + e.code));
  });
  for (const how of ['drop', 'reset']) {
    await talk(server, GET, how);
    for (let i = 0; i < 100 && told.length < 7; i++) await later(10);
    await later(10); // for what must not come
    log(told.splice(0).join(', '));
  }
  server.removeAllListeners('request').on('request', (q, r) => r.end('x'));
  await finish(server);
})();
""", """
aborted, r close, ECONNRESET, q close, false, true, false
aborted, r close, ECONNRESET, q close, false, true, false
still 200 closed
connections 0
closed
"""),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_server_goes_on_after(name: str, command: list[str], tmp_path: Path) -> None:
    program, wanted = PROGRAMS[name]
    write(tmp_path, {"program.js": PRELUDE + program})
    assert output(command, "--expose-gc", "program.js", folder=tmp_path) == wanted.lstrip()


# Runs a program as `ouro` does, and tells at its end what Python still keeps for it.
LEFT = """
import sys
from ouroloop.cli import main
from ouroloop.js import runtime
from ouroloop.js.bindings import http_parser

runtimes, parsers = [], []

def noted(kept, init):
    def __init__(self, *args, **options):
        kept.append(self)
        init(self, *args, **options)
    return __init__

def end(self, code):
    print("left", [len(each._by_number) + len(each._upgrades) for each in parsers],
          [len(each.streams.by_number) + len(each.streams.decoders) for each in runtimes], flush=True)
    finish(self, code)

finish = runtime.Runtime.end
runtime.Runtime.end = end
runtime.Runtime.__init__ = noted(runtimes, runtime.Runtime.__init__)
http_parser.Parsers.__init__ = noted(parsers, http_parser.Parsers.__init__)
sys.argv[0] = "ouro"
main()
"""


@pytest.mark.parametrize("name", PROGRAMS)
def test_nothing_is_kept_after(name: str, tmp_path: Path) -> None:
    program, wanted = PROGRAMS[name]
    write(tmp_path, {"program.js": PRELUDE + program, "left.py": LEFT})
    found = output([sys.executable, "left.py"], "--expose-gc", "program.js", folder=tmp_path)
    assert found == wanted.lstrip() + "left [0] [0]\n"


AGENT = r"""
(async () => {
  const server = await serve((q, r) => r.end(q.method));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const ask = (method, options = {}) => new Promise((resolve) => {
    http.request({ port: server.address().port, agent, method, ...options }, (response) => {
      let text = '';
      response.on('data', (part) => { text += part; }).on('end', () => resolve(`${response.statusCode} ${text}`));
    }).end();
  });
  for (let i = 0; i < 5; i++) {
    log(...await Promise.all(['GET', 'HEAD', 'POST', 'GET'].map((method) => ask(method))));
    log(await ask('GET', { maxHeaderSize: 1000 + i }), await ask('GET', { insecureHTTPParser: true }));
  }
  agent.destroy();
  await finish(server);
})();
"""


def test_parsers_of_a_client_go_with_its_sockets(tmp_path: Path) -> None:
    write(tmp_path, {"program.js": PRELUDE + AGENT, "left.py": LEFT})
    found = output([sys.executable, "left.py"], "program.js", folder=tmp_path)
    assert found == (
        "200 GET 200  200 POST 200 GET\n200 GET 200 GET\n" * 5
        + "still 200 closed\nconnections 0\nclosed\nleft [0] [0]\n")


FEW_DESCRIPTORS = r"""
(async () => {
  log('begun');
  const server = await serve((q, r) => r.end('x'));
  const held = [];
  const errors = new Set();
  for (let i = 0; i < 80; i++) {
    const socket = net.connect(server.address().port, '127.0.0.1');
    held.push(socket.on('error', (error) => errors.add(error.code)));
    await new Promise((resolve) => socket.on('connect', resolve).on('error', resolve));
  }
  log(errors);
  for (const socket of held) socket.destroy();
  await later(50);
  await finish(server);
})();
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_a_server_out_of_descriptors_is_back_when_there_are_some(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"program.js": PRELUDE + FEW_DESCRIPTORS})
    limited = ["sh", "-c", 'ulimit -n 80; exec "$@"', "sh", *command]
    assert output(limited, "program.js", folder=tmp_path) == (
        "begun\nSet(1) { 'EMFILE' }\nstill 200 closed\nconnections 0\nclosed\n")


NO_DESCRIPTORS = r"""
const fs = require('fs');
const held = [];
try {
  for (;;) held.push(fs.openSync('/dev/null'));
} catch (error) {
  console.log(error.code);
}
const attempt = (name, act) => {
  try {
    console.log(name, act());
  } catch (error) {
    console.log(name, 'thrown', error.code, error.message);
  }
};
const MODULES = ['assert', 'child_process', 'cluster', 'dgram', 'http2', 'https', 'tls', 'v8', 'vm', 'zlib'];
attempt('modules', () => MODULES.filter((name) => typeof require(name) !== 'undefined').length === MODULES.length);
attempt('hash', () => require('crypto').createHash('sha256').update('x').digest('hex').length);
attempt('gzip', () => String(require('zlib').gunzipSync(require('zlib').gzipSync('x'))));
attempt('context', () => typeof require('tls').createSecureContext({ ca: [] }));
attempt('spawnSync', () => require('child_process').spawnSync('true').error.code);
fs.readFile(__filename, async (error) => {
  console.log('readFile', error.code);
  await import('./none.mjs').catch(({ code }) => console.log('import', code));
  for (const fd of held) fs.closeSync(fd);
  console.log(require('child_process').spawnSync('echo', ['back']).stdout.toString().trim());
});
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_what_is_loaded_late_is_there_without_descriptors(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"program.js": NO_DESCRIPTORS, "none.mjs": ""})
    limited = ["sh", "-c", 'ulimit -n 60; exec "$@"', "sh", *command]
    lines = output(limited, "program.js", folder=tmp_path, NODE_EXTRA_CA_CERTS="").splitlines()
    assert lines == [
        "EMFILE", "modules true", "hash 64", "gzip x", "context object", "spawnSync EMFILE", "readFile EMFILE",
        "import EMFILE", "back"]


@pytest.mark.parametrize("end", [False, True], ids=["left open", "ended"])
def test_bad_requests_are_answered_as_node_answers_them(env: Environment, end: bool, tmp_path: Path) -> None:
    write(tmp_path, {"server.js": NODE_SERVER})
    answers: list[list[str]] = []

    async def ask() -> None:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        answers.append(await exchange_all(port, CASES.values(), end=end))

    with subprocess.Popen(
        [*OURO, "server.js"], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as server:
        try:
            assert env.run(ask) == 0
        finally:
            server.kill()
        assert server.stderr is not None
        assert server.stderr.read() == b""
    assert dict(zip(CASES, answers[0], strict=True)) == expected(end=end)


UPGRADE = r"""
(async () => {
  const server = await serve((q, r) => r.end('x'));
  log(await talk(server, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: x\r\n\r\n'));
  server.close();
})();
"""


def test_an_upgrade_that_nobody_wants_is_answered(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"program.js": PRELUDE + UPGRADE})
    assert output(command, "program.js", folder=tmp_path) == "200 closed\n"
