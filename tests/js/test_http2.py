"""JavaScript's `http2`: both sides here, and each beside Node's other side."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from js.commands import COMMANDS, NODE, OURO, environment, output, told, write
from js.test_tls import Authority

SERVER = """
    const http2 = require('http2');
    const server = http2.createServer({ settings: { maxConcurrentStreams: 50 } });
    server.on('stream', (stream, headers) => {
      const path = headers[':path'];
      stream.on('error', () => {});
      if (path === '/hang') return;
      if (path === '/reset') return stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
      if (path === '/push') {
        stream.pushStream({ ':path': '/pushed' }, (error, pushed) => {
          pushed.respond({ a: '1' });
          pushed.end('pushed');
        });
      }
      stream.additionalHeaders({ ':status': 103, link: '</x>' });
      const chunks = [];
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const body = Buffer.concat(chunks);
        const headers = { ':status': 201, 'x-length': body.length, 'set-cookie': ['a=1', 'b=2'] };
        stream.respond(headers, { waitForTrailers: true });
        stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': body.reduce((a, b) => (a + b) % 65536, 0) }));
        stream.end(body);
      });
    });
    server.on('session', (session) => session.on('error', () => {}));
"""

FRAME = """
    const frame = (type, flags, stream, payload = '') => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(payload.length, 0, 3);
      head.writeUIntBE(type, 3, 1);
      head.writeUIntBE(flags, 4, 1);
      head.writeUInt32BE(stream, 5);
      return Buffer.concat([head, Buffer.from(payload, 'latin1')]);
    };
"""

CLIENT = """
    const run = (port, done) => {
      const client = require('http2').connect(`http://localhost:${port}`);
      const told = [];
      const ask = (path, body) => new Promise((resolve) => {
        const request = client.request({ ':path': path, ':method': body ? 'POST' : 'GET' });
        const chunks = [];
        const facts = [path];
        request.on('headers', (headers) => facts.push(headers[':status'], headers.link));
        request.on('response', (h) => facts.push(h[':status'], h['x-length'], h['set-cookie']));
        request.on('trailers', (headers) => facts.push(headers['x-sum']));
        request.on('data', (chunk) => chunks.push(chunk));
        request.on('error', (error) => facts.push(error.code, error.message));
        request.on('close', () => {
          told.push([...facts, Buffer.concat(chunks).length, request.rstCode]);
          resolve();
        });
        request.end(body);
      });
      client.on('stream', (stream, headers) => {
        stream.on('push', (h) => stream.on('data', (data) => told.push([headers[':path'], h.a, `${data}`])));
      });
      client.on('connect', async () => {
        await ask('/a');
        await ask('/b', Buffer.alloc(300_000, 7));
        await ask('/reset');
        await ask('/push');
        await Promise.all(Array.from({ length: 20 }, (_, i) => ask('/many', Buffer.alloc(10_000, i))));
        told.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
        console.log(JSON.stringify(told));
        client.close(done);
      });
    };
"""

PAIRS = [("ouro", "ouro")] + ([("ouro", "node"), ("node", "ouro"), ("node", "node")] if NODE else [])


def check(told: str) -> None:
    """What every client hears of every server."""
    assert told.count('["/many",103,"</x>",201,"10000",["a=1","b=2"],') == 20
    assert '["/a",103,"</x>",201,"0",["a=1","b=2"],"0",0,0]' in told
    assert '["/b",103,"</x>",201,"300000",["a=1","b=2"],"2848",300000,0]' in told
    assert '"ERR_HTTP2_STREAM_ERROR","Stream closed with error code NGHTTP2_ENHANCE_YOUR_CALM",0,11]' in told
    assert '["/pushed","1","pushed"]' in told


@pytest.mark.parametrize(("server", "client"), PAIRS)
def test_requests_bodies_trailers_pushes_and_resets_come_through(server: str, client: str, tmp_path: Path) -> None:
    (tmp_path / "server.js").write_text(SERVER + "\nserver.listen(0, () => console.log(server.address().port));")
    (tmp_path / "client.js").write_text(CLIENT + "\nrun(process.argv[2], () => {});")
    words = COMMANDS[server]
    with subprocess.Popen(
        [*words, "server.js"], cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=environment(),
    ) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            check(output(COMMANDS[client], "client.js", port, folder=tmp_path))
        finally:
            process.kill()


def test_the_compatibility_api_answers_as_http_does(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer((req, res) => {
          let body = '';
          req.setEncoding('utf8').on('data', (part) => { body += part; }).on('end', () => {
            res.setHeader('X-Method', req.method);
            res.appendHeader('x-list', 'a');
            res.appendHeader('x-list', 'b');
            res.statusCode = 202;
            res.write(`${req.url} ${req.httpVersion} `);
            res.addTrailers({ 'x-end': 'yes' });
            res.end(body.toUpperCase());
          });
        });
        server.listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const req = client.request({ ':method': 'PUT', ':path': '/p?q' });
          let text = '';
          req.setEncoding('utf8');
          req.on('response', (h) => console.log(h[':status'], h['x-method'], h['x-list'], typeof h.date));
          req.on('trailers', (h) => console.log(h['x-end']));
          req.on('data', (part) => { text += part; });
          req.on('end', () => { console.log(text); client.close(); server.close(); });
          req.end('body');
        });
        server.on('close', () => console.log('closed'));
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == [
        "202 PUT a, b string", "yes", "/p?q 2.0 BODY", "closed"]


def test_what_may_not_be_sent_is_refused_with_nodes_errors(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer((req, res) => res.end()).listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const attempt = (headers) => {
            try { client.request(headers).destroy(); } catch (error) { console.log(error.code, error.message); }
          };
          attempt({ connection: 'close' });
          attempt({ ':nonsense': 'x' });
          attempt({ ':method': 'CONNECT' });
          attempt({ 'content-type': ['a', 'b'] });
          attempt({ 'a b': 'c' });
          try {
            http2.getPackedSettings({ initialWindowSize: 2 ** 31 });
          } catch (error) {
            console.log(error.code, error.message);
          }
          client.destroy();
          server.close();
        });
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == [
        'ERR_HTTP2_INVALID_CONNECTION_HEADERS HTTP/1 Connection specific headers are forbidden: "connection"',
        'ERR_HTTP2_INVALID_PSEUDOHEADER ":nonsense" is an invalid pseudoheader or is used incorrectly',
        "ERR_HTTP2_CONNECT_AUTHORITY :authority header is required for CONNECT requests",
        'ERR_HTTP2_HEADER_SINGLE_VALUE Header field "content-type" must only have a single value',
        'ERR_INVALID_HTTP_TOKEN Header name must be a valid HTTP token ["a b"]',
        'ERR_HTTP2_INVALID_SETTING_VALUE Invalid value for setting "initialWindowSize": 2147483648',
    ]


def test_a_server_goes_on_when_clients_send_garbage_or_go_away(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(SERVER + """
        const net = require('net');
        server.on('sessionError', (error) => {});
        server.listen(0, () => {
          const { port } = server.address();
          const garbage = (data) => new Promise((resolve) => {
            const socket = net.connect(port, () => socket.write(data));
            socket.on('error', () => {}).on('close', resolve).resume();
            setTimeout(() => socket.destroy(), 300);
          });
          const preface = 'PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n';
          Promise.all([
            garbage('GET / HTTP/1.1\\r\\n\\r\\n'), garbage(preface), garbage(preface + '\\xff'.repeat(100)),
            garbage(preface.slice(0, 10)), garbage(Buffer.alloc(100_000, 255)),
          ]).then(() => {
            const client = http2.connect(`http://localhost:${port}`);
            const hanging = client.request({ ':path': '/hang' });
            hanging.on('error', (error) => console.log(error.code));
            const request = client.request({ ':path': '/a' });
            request.on('response', (headers) => {
              console.log(headers[':status']);
              client.destroy(new Error('enough'));
            });
            request.on('error', (error) => console.log(error.message)).resume();
            client.on('error', (error) => console.log(error.message));
            client.on('close', () => server.close(() => console.log('closed')));
          });
        });
    """)
    assert sorted(output(command, "a.js", folder=tmp_path).splitlines()) == sorted(
        ["201", "enough", "enough", "closed", "undefined"])


def test_a_client_that_never_reads_keeps_the_server_from_sending(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer();
        let sent = 0;
        server.on('stream', (stream) => {
          stream.on('error', () => {});
          stream.respond();
          const more = () => {
            while (sent < 5e7) {
              sent += 16384;
              if (!stream.write(Buffer.alloc(16384))) return stream.once('drain', more);
            }
          };
          more();
        });
        server.listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          client.request({ ':path': '/' }).on('error', () => {});
          setTimeout(() => { console.log(sent < 1e6); client.destroy(); server.close(); }, 500);
        });
    """)
    assert output(OURO, "a.js", folder=tmp_path) == "true\n"


#: A client in frames: it grants as much as there is, and never reads.
DEAF = """
    const connectDeaf = (port, more) => {
      const u32 = (number) => [number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255];
      const frame = (type, flags, id, payload) =>
        [...u32(payload.length).slice(1), type, flags, ...u32(id), ...payload];
      const socket = require('net').connect(port, () => {
        socket.write('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n');
        const settings = frame(4, 0, 0, [0, 4, ...u32(2 ** 31 - 1)]);
        const window = frame(8, 0, 0, u32(2 ** 31 - 1 - 65535));
        socket.write(Buffer.from([...settings, ...window]));
        more(socket, frame);
      });
      return socket.on('error', () => {}).pause();
    };
"""


def test_a_client_that_grants_everything_and_reads_nothing_fills_no_memory(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(DEAF + """
        const server = require('http2').createServer();
        let sent = 0;
        server.on('stream', (stream) => {
          stream.on('error', () => {});
          stream.respond();
          const more = () => {
            while (sent < 2e8) {
              sent += 65536;
              if (!stream.write(Buffer.alloc(65536))) return stream.once('drain', more);
            }
          };
          more();
        });
        server.listen(0, () => {
          const socket = connectDeaf(server.address().port, (socket, frame) => {
            socket.write(Buffer.from(frame(1, 5, 1, [0x82, 0x86, 0x84, 0x41, 1, 0x61])));
          });
          let before = -1;
          const timer = setInterval(() => {
            if (sent > 0 && sent === before) { // the kernel's buffers are full, or everything is sent
              console.log(sent < 5e7);
              clearInterval(timer);
              socket.destroy();
              server.close();
            }
            before = sent;
          }, 300);
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == "true\n"


def test_a_client_that_pings_and_never_reads_is_cut_off(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text(DEAF + """
        const server = require('http2').createServer();
        server.on('session', (session) => session.on('error', (error) => console.log(error.code, error.message)));
        server.listen(0, () => {
          const socket = connectDeaf(server.address().port, (socket, frame) => {
            const ping = Buffer.from(frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]));
            const many = Buffer.concat(Array(4000).fill(ping));
            let left = 1000;
            const go = () => {
              while (!socket.destroyed && left-- > 0) if (!socket.write(many)) return socket.once('drain', go);
            };
            go();
          });
          socket.on('close', () => server.close());
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == (
        "ERR_HTTP2_ERROR Flooding was detected in this HTTP/2 session, and it must be closed\n")


def test_a_header_that_holds_a_nul_brings_no_other_with_it(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer((req, res) => {
          if (req.rawHeaders.includes('x-evil')) console.log('smuggled');
          res.end();
        }).listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const ask = (headers, done) => {
            const request = client.request(headers);
            request.on('error', (error) => console.log(error.message)).on('close', done).resume();
          };
          ask({ ':path': '/a\\0b' }, () => {
            const quiet = client.request({ 'x-a': 'a\\0x-evil\\0yes' });
            quiet.on('error', () => {}).on('close', () => {
              client.close();
              server.close();
            }).resume();
          });
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == "Stream closed with error code NGHTTP2_PROTOCOL_ERROR\n"


def test_lists_of_headers_keep_their_order_and_what_is_twice(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer().listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const request = client.request(['a', '1', 'X-B', '2', 'a', '3']);
          request.on('response', (headers, flags, raw) => {
            console.log(raw.slice(0, 8).join(' '), headers.c);
            client.close();
            server.close();
          });
        });
        server.on('stream', (stream, headers, flags, raw) => {
          console.log(raw.slice(8).join(' '), headers.a);
          stream.respond(['c', '1', 'x-D', '2', 'c', '3']);
          console.log(stream.sentHeaders.c.length, typeof stream.sentHeaders.date);
          stream.end();
        });
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == [
        "a 1 x-b 2 a 3 1, 3", "2 string", ":status 200 c 1 x-d 2 c 3 1, 3"]


def test_a_session_that_ends_before_it_is_connected_tells_so_quietly(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer().listen(0, () => {
          const { port } = server.address();
          const connect = (name) => {
            const client = http2.connect(`http://localhost:${port}`);
            client.on('connect', () => console.log(name, 'connect')).on('close', () => console.log(name, 'close'));
            return client;
          };
          const closed = connect('closed');
          closed.close();
          console.log(closed.closed, closed.destroyed);
          closed.on('close', () => {
            const waiting = connect('waiting');
            const request = waiting.request();
            request.on('error', (error) => console.log(error.code)).on('close', () => server.close());
            waiting.close();
            console.log(waiting.closed, waiting.destroyed);
          });
        });
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == [
        "true true", "closed connect", "closed close", "true false", "waiting connect", "ERR_HTTP2_GOAWAY_SESSION",
        "waiting close"]


def test_events_of_a_request_are_told_in_the_context_that_made_it(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const { AsyncLocalStorage } = require('async_hooks');
        const storage = new AsyncLocalStorage();
        const server = http2.createServer((req, res) => res.end('x')).listen(0, () => {
          const client = storage.run(0, () => http2.connect(`http://localhost:${server.address().port}`));
          let left = 2;
          const ask = (id) => storage.run(id, () => {
            const told = [];
            const request = client.request();
            for (const event of ['response', 'data', 'end']) request.on(event, () => told.push(storage.getStore()));
            request.on('close', () => {
              console.log(told.every((each) => each === id), told.length);
              if (--left > 0) return;
              server.close();
              client.close();
            });
          });
          ask(1);
          ask(2);
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == "true 3\ntrue 3\n"


def test_a_secure_server_tells_its_origins_and_http1_clients_go_with_it(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, Authority("the authority").issue("localhost"))
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const https = require('https');
        const fs = require('fs');
        const server = http2.createSecureServer({
          key: fs.readFileSync('localhost-key.pem'), cert: fs.readFileSync('localhost-cert.pem'),
          allowHTTP1: true,
          origins: ['https://foo.org/a', 'https://bar.org'], http1Options: { keepAliveTimeout: 12345 },
        }, (req, res) => res.end(`${req.httpVersion} ${server.keepAliveTimeout}`));
        server.listen(0, () => {
          const { port } = server.address();
          const agent = new https.Agent({ keepAlive: true });
          https.get({ port, agent, rejectUnauthorized: false }, (response) => {
            response.on('data', (data) => console.log(`${data}`)).on('end', () => {
              const client = http2.connect(`https://localhost:${port}`, { rejectUnauthorized: false });
              client.on('origin', (origins) => {
                console.log(origins.join(' '));
                client.close();
                server.close(() => console.log('closed')); // no connection that is kept alive holds it up
              });
            });
          });
        });
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == [
        "1.1 12345", "https://foo.org https://bar.org", "closed"]


def test_a_request_that_is_answered_unread_is_ended(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const server = http2.createServer().listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const request = client.request({ ':method': 'POST' });
          request.on('response', (headers) => console.log(headers[':status']));
          request.on('aborted', () => console.log('aborted'));
          request.on('close', () => {
            console.log(request.rstCode);
            client.close();
            server.close();
          }).resume();
          request.write(Buffer.alloc(1e6));
        });
        server.on('stream', (stream) => {
          stream.respond({ ':status': 413 });
          stream.end('too much');
        });
    """)
    assert output(command, "a.js", folder=tmp_path).splitlines() == ["413", "aborted", "0"]


def test_a_listener_whose_promise_is_rejected_is_answered_with_500(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        require('events').captureRejections = true;
        const server = http2.createServer(async (req, res) => {
          res.setHeader('x-a', 'b');
          throw new Error('no');
        }).listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`);
          const request = client.request();
          request.on('response', (headers) => console.log(headers[':status'], 'x-a' in headers));
          request.on('close', () => {
            client.close();
            server.close();
          }).resume();
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == "500 false\n"


def test_limits_may_be_as_large_as_numbers_go_and_a_session_that_is_gone_has_no_socket(
    command: list[str], tmp_path: Path,
) -> None:
    (tmp_path / "a.js").write_text("""
        const http2 = require('http2');
        const names = ['maxSessionMemory', 'maxSendHeaderBlockLength', 'maxDeflateDynamicTableSize', 'maxSettings',
          'peerMaxConcurrentStreams', 'maxReservedRemoteStreams', 'maxHeaderListPairs'];
        const options = Object.fromEntries(names.map((name) => [name, Number.MAX_SAFE_INTEGER]));
        const server = http2.createServer(options, (req, res) => res.end('a')).listen(0, () => {
          const client = http2.connect(`http://localhost:${server.address().port}`, options);
          const request = client.request();
          request.on('data', (data) => console.log(String(data)));
          request.on('close', () => {
            const { socket } = client;
            client.destroy();
            console.log(client.socket, typeof socket.destroy, client.setTimeout(5) === client);
            try { socket.remotePort; } catch (error) { console.log(error.code); }
            server.close();
          });
        });
    """)
    assert output(command, "a.js", folder=tmp_path) == "a\nundefined function true\nERR_HTTP2_SOCKET_UNBOUND\n"


def test_a_client_that_never_reads_costs_no_copy_of_what_it_asked_for(tmp_path: Path) -> None:
    grown = told(OURO, tmp_path, FRAME + """
      const http2 = require('node:http2');
      const net = require('node:net');
      const content = Buffer.alloc(2 ** 20);
      const STREAMS = 40;
      const CLIENTS = 10;
      let asked = 0;
      const server = http2.createServer().on('stream', (stream) => {
        stream.on('error', () => {});
        stream.respond();
        stream.end(content);
        if (++asked === STREAMS * CLIENTS) setTimeout(tellMemory, 50);
      });
      const before = process.memoryUsage().rss;
      const tellMemory = () => {
        say(Math.round((process.memoryUsage().rss - before) / content.length));
        process.exit();
      };
      server.listen(0, () => {
        for (let i = 0; i < CLIENTS; i++) {
          const socket = net.connect(server.address().port);
          socket.write('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n');
          socket.write(frame(4, 0, 0));
          for (let stream = 1; stream < 2 * STREAMS; stream += 2) {
            socket.write(frame(1, 5, stream, '\\x82\\x86\\x84\\x41\\x01a'));
          }
        }
      });
    """)
    assert grown < 100  # contents; of the 400 that were asked for


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_what_a_client_said_before_it_hung_up_is_heard(command: list[str], tmp_path: Path) -> None:
    """What the server would answer to it cannot be sent any more, which is no error."""
    heard = told(command, tmp_path, FRAME + """
      const http2 = require('node:http2');
      const heard = [];
      const server = http2.createServer().on('sessionError', (error) => heard.push(error.code));
      server.on('session', (session) => session.on('close', () => server.close(() => say(heard))));
      server.on('stream', (stream) => {
        let size = 0;
        stream.on('data', (data) => { size += data.length; });
        stream.on('end', () => heard.push(size));
        stream.on('error', (error) => heard.push(error.code));
        stream.on('close', () => heard.push(stream.rstCode));
        const data = frame(0, 0, 1, 'x'.repeat(16000));
        client.write(Buffer.concat([data, data, data, frame(0, 1, 1, 'end')]), () => client.resetAndDestroy());
      });
      let client;
      server.listen(0, () => {
        client = require('node:net').connect(server.address().port);
        client.write('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n');
        client.write(Buffer.concat([frame(4, 0, 0), frame(1, 4, 1, '\\x83\\x86\\x84\\x41\\x01a')]));
      });
    """)
    assert heard == [48003, 8]
