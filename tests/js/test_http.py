"""node:http: servers and clients of HTTP/1, as they look on the wire and to programs."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, write

PRELUDE = r"""
const http = require('http');
const net = require('net');
const log = (...values) => console.log(...values);

/** Sends `bytes` to a server, tells all that comes back until the server ends, without dates. */
function talk(server, bytes, done) {
  const socket = net.connect(server.address().port, '127.0.0.1');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (part) => text += part);
  socket.on('error', (error) => log(error.code));
  socket.on('close', () => {
    log(JSON.stringify(text.replace(/Date: [^\r]*\r\n/g, '')));
    done ? done() : server.close();
  });
  for (const each of [bytes].flat()) socket.write(each);
  return socket;
}

const serve = (listener, then, options = {}) => {
  const server = http.createServer(options, listener);
  server.listen(0, '127.0.0.1', () => then(server, server.address().port));
};
"""

CLOSE = "Host: a\\r\\nConnection: close\\r\\n\\r\\n"

ON_THE_WIRE = {
    "a text gets a length": (
        "serve((q, r) => r.end('hi'), (s) => talk(s, 'GET / HTTP/1.1\\r\\n" + CLOSE + "'));",
        r'"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"'),
    "pieces are chunks": (
        "serve((q, r) => { r.write('ab'); r.write(Buffer.from('c')); r.end('d'); },"
        " (s) => talk(s, 'GET / HTTP/1.1\\r\\n" + CLOSE + "'));",
        r'"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n'
        r'2\r\nab\r\n1\r\nc\r\n1\r\nd\r\n0\r\n\r\n"'),
    "HTTP/1.0 gets no chunks": (
        "serve((q, r) => { r.write('ab'); r.end('c'); }, (s) => talk(s, 'GET / HTTP/1.0\\r\\n\\r\\n'));",
        r'"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nabc"'),
    "a HEAD and a 204 have no body": (
        "serve((q, r) => { if (q.url === '/2') r.statusCode = 204; r.end('body'); }, (s) => talk(s,"
        " 'HEAD / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET /2 HTTP/1.1\\r\\n" + CLOSE + "'));",
        r'"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n'
        r'HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"'),
    "lists of headers, cookies and trailers": (
        "serve((q, r) => { r.setHeader('Set-Cookie', ['a=1', 'b=2']); r.setHeader('Cookie', ['c', 'd']);"
        " r.writeHead(200, 'Fine', { Trailer: 'X' }); r.write('1'); r.addTrailers({ X: 'y' }); r.end(); },"
        " (s) => talk(s, 'GET / HTTP/1.1\\r\\n" + CLOSE + "'));",
        r'"HTTP/1.1 200 Fine\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nCookie: c; d\r\nTrailer: X\r\n'
        r'Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX: y\r\n\r\n"'),
    "pipelined requests are answered in order": (
        "const held = []; serve((q, r) => { held.push([q, r]); if (held.length === 3)"
        " for (const [q, r] of held.reverse()) r.end(q.url); }, (s) => talk(s,"
        " 'GET /1 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET /2 HTTP/1.1\\r\\nHost: a\\r\\n\\r\\nGET /3 HTTP/1.1\\r\\n"
        + CLOSE + "'), { keepAliveTimeout: 0 });",
        r'"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n/1'
        r'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n/2'
        r'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n/3"'),
    "100-continue is answered first": (
        "serve((q, r) => q.on('data', (d) => log(String(d))).on('end', () => r.end('ok')), (s) => talk(s,"
        " 'POST / HTTP/1.1\\r\\nExpect: 100-continue\\r\\nContent-Length: 3\\r\\n" + CLOSE + "abc'));",
        "abc\n" r'"HTTP/1.1 100 Continue\r\n\r\n'
        r'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"'),
    "early hints and other information come before": (
        "serve((q, r) => { r.writeProcessing(); r.writeEarlyHints({ link: '</a>; rel=preload' }); r.end('x'); },"
        " (s) => talk(s, 'GET / HTTP/1.1\\r\\n" + CLOSE + "'));",
        r'"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n'
        r'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"'),
    "what is not HTTP gets 400": (
        "serve(() => log('never'), (s) => talk(s, 'nonsense\\r\\n\\r\\n'));",
        r'"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"'),
    "a request that names no host gets 400": (
        "serve(() => log('never'), (s) => talk(s, 'GET / HTTP/1.1\\r\\n\\r\\n'));",
        r'"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"'),
    "a head that is too large gets 431": (
        "serve(() => log('never'), (s) => talk(s, `GET / HTTP/1.1\\r\\nA: ${'b'.repeat(20000)}\\r\\n\\r\\n`));",
        r'"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"'),
    "a head that does not come gets 408": (
        "serve(() => log('never'), (s) => talk(s, 'GET / HTTP/1.1\\r\\nHo'),"
        " { headersTimeout: 300, connectionsCheckingInterval: 50 });",
        r'"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"'),
    "the last request of a connection is told so": (
        "serve((q, r) => r.end('x'), (s) => { s.maxRequestsPerSocket = 1;"
        " talk(s, ['GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n', 'GET / HTTP/1.1\\r\\n" + CLOSE + "']); });",
        r'"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'
        r'HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"'),
}


@pytest.mark.parametrize(("program", "expected"), ON_THE_WIRE.values(), ids=ON_THE_WIRE.keys())
def test_what_a_server_sends(command: list[str], tmp_path: Path, program: str, expected: str) -> None:
    write(tmp_path, {"a.js": PRELUDE + program})
    assert output(command, "a.js", folder=tmp_path) == expected + "\n"


PROGRAMS = {
    "a kept connection is used again": (r"""
        const agent = new http.Agent({ keepAlive: true });
        serve((q, r) => r.end(q.url), (s, port) => {
          const get = (path, then) => http.get({ port, path, agent }, (r) => {
            r.on('data', (d) => log(String(d), r.req.reusedSocket));
            r.on('end', () => setImmediate(then));
          });
          get('/1', () => get('/2', () => { agent.destroy(); s.close(() => log('closed')); }));
        });
    """, "/1 false\n/2 true\nclosed\n"),
    "an agent makes no more connections than it may": (r"""
        let most = 0, now = 0, left = 5;
        const agent = new http.Agent({ maxSockets: 2 });
        serve((q, r) => { most = Math.max(most, ++now); setTimeout(() => { now--; r.end(); }, 10); }, (s, port) => {
          for (let i = 0; i < 5; i++) http.get({ port, agent }, (r) => r.resume().on('end', () => {
            if (--left === 0) { log('most', most); s.close(); }
          }));
          log(Object.values(agent.requests)[0].length, 'wait');
        });
    """, "3 wait\nmost 2\n"),
    "a body is sent and received with backpressure": (r"""
        const { pipeline, Readable } = require('stream');
        let sent = 0, got = 0;
        serve((q, r) => pipeline(q, r, () => {}), (s, port) => {
          const q = http.request({ port, method: 'POST' }, (r) => {
            r.on('data', (d) => got += d.length).on('end', () => { log(sent === got, got); s.close(); });
          });
          pipeline(Readable.from((function* () {
            for (let i = 0; i < 64; i++) { sent += 65536; yield Buffer.alloc(65536, i); }
          })()), q, (error) => { if (error) log(error); });
        });
    """, "true 4194304\n"),
    "a client that never reads is not read from": (r"""
        let asked = 0;
        serve((q, r) => { asked++; r.end(Buffer.alloc(64 * 1024)); }, (s, port) => {
          const c = net.connect(port, '127.0.0.1', () => {
            c.pause();
            const text = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100);
            let n = 0;
            const more = () => { if (++n > 200) return; c.write(text, () => setImmediate(more)); };
            more();
            setTimeout(() => { log(asked < 5000, asked > 0); process.exit(); }, 1000);
          });
        });
    """, "true true\n"),
    "an upgrade hands over the socket and what followed": (r"""
        serve(() => log('never'), (s, port) => {
          s.on('upgrade', (q, socket, head) => {
            log(q.headers.upgrade, String(head));
            socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nhello');
            socket.on('data', (d) => socket.end(String(d).toUpperCase()));
          });
          const q = http.request({ port, headers: { Connection: 'Upgrade', Upgrade: 'x' } });
          q.on('upgrade', (r, socket, head) => {
            log(r.statusCode, String(head));
            socket.write('echo');
            socket.on('data', (d) => log(String(d))).on('end', () => { socket.end(); s.close(); });
          });
          q.end();
        });
    """, "x \n101 hello\nECHO\n"),
    "CONNECT opens a tunnel": (r"""
        serve(() => log('never'), (s, port) => {
          s.on('connect', (q, socket, head) => {
            log(q.method, q.url);
            socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
            socket.pipe(socket);
          });
          http.request({ port, method: 'CONNECT', path: 'a.example:443' }).on('connect', (r, socket) => {
            socket.write('through');
            socket.on('data', (d) => { log(r.statusCode, String(d)); socket.end(); s.close(); });
          }).end();
        });
    """, "CONNECT a.example:443\n200 through\n"),
    "a response that ends early is an error of the response": (r"""
        serve((q, r) => {
          r.writeHead(200, { 'Content-Length': 10 });
          r.write('abc', () => q.socket.destroy());
        }, (s, port) => {
          http.get({ port }, (r) => {
            r.on('data', (d) => log(String(d)));
            r.on('aborted', () => log('aborted'));
            r.on('error', (e) => log(e.code, e.message));
            r.on('close', () => { log('close', r.complete); s.close(); });
          });
        });
    """, "abc\naborted\nECONNRESET aborted\nclose false\n"),
    "a response that goes on as garbage is aborted, and the request closes first": (r"""
        const bytes = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n';
        const s = require('net').createServer((c) => c.end(bytes).on('error', () => {}).resume()).listen(0, () => {
          http.get({ port: s.address().port }, (r) => {
            r.on('aborted', () => log('aborted')).on('error', (e) => log(e.code, e.message));
            r.on('close', () => { log('response closed'); s.close(); });
          }).on('error', (e) => log(e.code)).on('close', () => log('request closed'));
        });
    """, "HPE_INVALID_CHUNK_SIZE\naborted\nrequest closed\nECONNRESET aborted\nresponse closed\n"),
    "a request whose upgrade nobody takes is closed": (r"""
        serve(() => {}, (s, port) => {
          s.on('upgrade', (q, c) => c.end('HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'));
          http.get({ port, headers: { Connection: 'Upgrade', Upgrade: 'x' } }, () => log('never'))
            .on('close', () => { log('close'); s.close(); });
        });
    """, "close\n"),
    "a server that hangs up is an error of the request": (r"""
        serve((q) => q.socket.destroy(), (s, port) => {
          http.get({ port }, () => log('never'))
            .on('error', (e) => log(e.code, e.message)).on('close', () => { log('close'); s.close(); });
        });
    """, "ECONNRESET socket hang up\nclose\n"),
    "a request that is aborted tells the server": (r"""
        serve((q, r) => {
          q.on('aborted', () => log('aborted'));
          q.on('error', (e) => log('server', e.code));
          r.on('close', () => { log('response closed', r.writableFinished); s.close(); });
          setImmediate(() => controller.abort());
        }, (server, port) => {
          s = server;
          http.get({ port, signal: controller.signal }).on('error', (e) => log('client', e.name));
        });
        let s;
        const controller = new AbortController();
    """, "client AbortError\naborted\nresponse closed false\nserver ECONNRESET\n"),
    "a timeout is told, not acted upon": (r"""
        serve((q, r) => setTimeout(() => r.end('late'), 150), (s, port) => {
          http.get({ port, timeout: 50 }, (r) => r.on('data', (d) => log(String(d))).on('end', () => s.close()))
            .on('timeout', () => log('timeout'));
        });
    """, "timeout\nlate\n"),
    "close waits for what is under way and drops what is idle": (r"""
        const agent = new http.Agent({ keepAlive: true });
        let server;
        serve((q, r) => {
          if (q.url === '/fast') return r.end('fast');
          server.close(() => { log('closed'); agent.destroy(); });
          setTimeout(() => r.end('slow'), 50);
        }, (s, port) => {
          server = s;
          http.get({ port, agent, path: '/fast' }, (r) => r.resume().on('end', () => setImmediate(() => {
            http.get({ port, agent: new http.Agent({ keepAlive: true }), path: '/slow' }, (r) => {
              r.on('data', (d) => log(String(d))).on('end', () => log(r.headers.connection));
            });
          })));
        });
    """, "slow\nkeep-alive\nclosed\n"),
    "headers are checked before they go": (r"""
        const r = new http.ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 });
        for (const [name, value] of [['a b', '1'], ['a', 'b\r\nc: d'], ['a', undefined], ['', 'x'], ['ü', 'x']]) {
          try { r.setHeader(name, value); } catch (e) { log(e.code, e.message); }
        }
        for (const code of [99, 1000, 'x']) try { r.writeHead(code); } catch (e) { log(e.code, e.message); }
        for (const options of [{ path: '/a b' }, { method: 'G T' }, { protocol: 'ftp:' }, { host: 1 }, { agent: 1 }]) {
          try { http.request(options); } catch (e) { log(e.code, e.message.split(' Received')[0]); }
        }
    """, """ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token ["a b"]
ERR_INVALID_CHAR Invalid character in header content ["a"]
ERR_HTTP_INVALID_HEADER_VALUE Invalid value "undefined" for header "a"
ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token [""]
ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token ["ü"]
ERR_HTTP_INVALID_STATUS_CODE Invalid status code: 99
ERR_HTTP_INVALID_STATUS_CODE Invalid status code: 1000
ERR_HTTP_INVALID_STATUS_CODE Invalid status code: x
ERR_UNESCAPED_CHARACTERS Request path contains unescaped characters
ERR_INVALID_HTTP_TOKEN Method must be a valid HTTP token ["G T"]
ERR_INVALID_PROTOCOL Protocol "ftp:" not supported. Expected "http:"
ERR_INVALID_ARG_TYPE The "options.host" property must be of type string or one of undefined or null.
ERR_INVALID_ARG_TYPE The "options.agent" property must be one of Agent-like Object, undefined, or false.
"""),
    "of headers that repeat, some are joined and some are not": (r"""
        serve((q, r) => {
          for (const headers of [q.headers, q.headersDistinct]) log(JSON.stringify(headers));
          log(q.rawHeaders.join());
          r.end();
        }, (s) => talk(s, 'GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\nX: 1\r\nx: 2 \r\nSet-Cookie: c\r\nCookie: d\r\n' +
          'cookie: e\r\nConnection: close\r\n\r\n'));
    """, r"""{"host":"a","x":"1, 2","set-cookie":["c"],"cookie":"d; e","connection":"close"}
{"host":["a","b"],"x":["1","2"],"set-cookie":["c"],"cookie":["d","e"],"connection":["close"]}
Host,a,host,b,X,1,x,2,Set-Cookie,c,Cookie,d,cookie,e,Connection,close
"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
"""),
    "a server speaks HTTP on any duplex": (r"""
        const { duplexPair } = require('stream');
        const server = http.createServer((q, r) => r.end(`${q.method} ${q.url}`));
        const [here, there] = duplexPair();
        server.emit('connection', there);
        here.on('data', (d) => log(JSON.stringify(String(d).replace(/Date.*\r\n/, ''))));
        here.write('GET /x HTTP/1.1\r\nHost: a\r\n\r\n');
    """, r'"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\nContent-Length: 6\r\n\r\n'
        'GET /x"\n'),
    "a server refuses a header too many, a client cuts them off": (r"""
        const lines = (count) => Array.from({ length: count }, (_, i) => `a${i}: 1\r\n`).join('');
        const ask = (server, count, trailers = 0) => new Promise((done) => talk(server,
          `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n${lines(count - 3)}\r\n` +
            `0\r\n${lines(trailers)}\r\n`, done));
        serve((q, r) => q.resume().on('end', () => r.end(`${q.rawHeaders.length / 2}`)), async (server) => {
          server.on('clientError', ({ code, bytesParsed }, socket) => socket.end(`${code} ${bytesParsed}\r\n`));
          await ask(server, 1000);
          await ask(server, 1001);
          server.maxHeadersCount = 10;
          await ask(server, 10, 10);
          await ask(server, 11);
          server.removeAllListeners('clientError');
          await ask(server, 10, 11);
          server.maxHeadersCount = 0;
          await ask(server, 2001);
          server.close();
        });
        const many = net.createServer((socket) => socket.once('data', () => {
          socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n${lines(1100)}\r\n`);
        })).listen(0, '127.0.0.1', () => http.get({ port: many.address().port }, (response) => {
          process.on('exit', () => log(Object.keys(response.headers).length));
          response.resume();
          many.close();
        }));
    """, r'''"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n1000"
"HPE_HEADER_OVERFLOW 8941\r\n"
"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n10"
"HPE_HEADER_OVERFLOW 125\r\n"
"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"
"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n2001"
1000
'''),
    "what end was given is called before finish, or with what failed": (r"""
        const told = (r, name) => {
          for (const event of ['finish', 'close']) r.on(event, () => log(name, event, r.writableFinished));
          r.on('prefinish', () => log(name, 'prefinish', r.writableFinished));
          return (error) => log(name, error && error.code, r.writableFinished);
        };
        const listeners = [
          (r, done) => { r.end('abc', done); r.end(done); },
          (r, done) => { r.write('a'); r.end(done); },
          (r, done) => { r.end(Buffer.alloc(1e7), done); setTimeout(() => r.destroy(), 10); },
          (r, done) => { r.destroy(); r.end('abc', done); },
        ];
        serve((q, r) => listeners[q.url[1]](r, told(r, q.url)), async (server, port) => {
          for (const number of listeners.keys()) {
            await new Promise((done) => {
              http.get({ port, agent: false, path: `/${number}` }, (r) => {
                r.on('error', () => {}).on('close', done);
                if (number !== 2) r.resume(); else setTimeout(() => r.destroy(), 60);
              }).on('error', done);
            });
          }
          server.close();
        });
    """, """/0 prefinish false
/0 null true
/0 null true
/0 finish true
/0 close true
/1 prefinish false
/1 null true
/1 finish true
/1 close true
/2 prefinish false
/2 ECANCELED false
/2 close false
/3 prefinish false
/3 close false
"""),
    "after the head there is no more information": (r"""
        serve((q, r) => {
          r.end('x');
          for (const [name, ...given] of [
            ['writeContinue'], ['writeProcessing'], ['writeEarlyHints', { link: '</a>; rel=preload' }],
            ['writeInformation', 110],
          ]) try { r[name](...given); } catch (error) { log(error.code); }
        }, (server, port) => http.get({ port, agent: false }, (r) => r.resume().on('end', () => server.close())));
    """, "ERR_HTTP_HEADERS_SENT\n" * 4),
    "a status of 101 that names no other protocol is an answer like others, and the last": (r"""
        const tell = (port) => new Promise((done) => {
          http.get({ port, agent: false }, (r) => {
            r.on('data', (data) => log(`${data}`)).on('end', () => log(r.statusCode, r.upgrade, r.complete));
          }).on('upgrade', () => log('upgrade')).on('error', log).on('close', done);
        });
        const answers = ['', 'Connection: upgrade\r\n', 'Content-Length: 2\r\n', 'Transfer-Encoding: chunked\r\n'];
        const server = net.createServer((socket) => {
          socket.on('error', () => {}).once('data', () => {
            socket.end(`HTTP/1.1 101 x\r\n${answers.shift()}\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na`);
          });
        }).listen(0, async () => {
          while (answers.length > 0) await tell(server.address().port);
          server.close();
        });
    """, "101 false true\n" * 4),
    "an answer to HEAD that tells no length ends its connection": (r"""
        serve((q, r) => {
          if (q.url === '/length') r.setHeader('Content-Length', 3);
          r.end();
        }, async (server, port) => {
          for (const path of ['/', '/length']) {
            const agent = new http.Agent({ keepAlive: true });
            await new Promise((done) => {
              http.request({ port, agent, path, method: 'HEAD' }, (r) => {
                r.resume().on('close', () => log('response closes'));
              }).on('close', () => { log('request closes'); setImmediate(done); }).end();
            });
            log(Object.keys(agent.freeSockets).length);
            agent.destroy();
          }
          server.close();
        });
    """, "response closes\nrequest closes\n0\nrequest closes\nresponse closes\n1\n"),
}


@pytest.mark.parametrize(("program", "expected"), PROGRAMS.values(), ids=PROGRAMS.keys())
def test_what_programs_see(command: list[str], tmp_path: Path, program: str, expected: str) -> None:
    write(tmp_path, {"a.js": PRELUDE + program})
    assert output(command, "a.js", folder=tmp_path) == expected
