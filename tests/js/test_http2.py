"""JavaScript's `http2`: both sides here, and each beside Node's other side."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from js.commands import COMMANDS, NODE, OURO, environment, output

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
