"""The web's globals of the network: fetch, Headers, Request, Response, FormData, EventSource.

The programs are in `web/`, each beside what Node 24 prints for it (`NAME.out`). To record again:

    python -m tests.js.web.record --node PATH
"""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, write
from js.web.record import NAMES, expected, printed

PRELUDE = r"""
const http = require('http');
const serve = (listener, then) => {
  const server = http.createServer(listener).listen(0, '127.0.0.1', async () => {
    await then(`http://127.0.0.1:${server.address().port}`, server);
    server.closeAllConnections();
    server.close();
  });
};
"""


@pytest.mark.parametrize("name", [name for name in NAMES if name != "websocket"])
def test_programs_of_the_web_print_what_they_print_with_node(command: list[str], name: str) -> None:
    assert printed(command, name) == expected(name)


def test_an_idle_connection_and_an_unread_body_do_not_keep_the_process(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {
        "server.js": """
            const listener = (q, r) => r.end('x'.repeat(q.url === '/' ? 2 : 5e6));
            require('http').createServer({ keepAliveTimeout: 60000 }, listener)
              .listen(0, '127.0.0.1', function () { process.send(this.address().port); });
        """,
        "client.js": "const [,, url, reads] = process.argv; fetch(url).then((r) => reads && r.text());",
        "a.js": """
            const { fork } = require('child_process');
            const server = fork('./server.js');
            server.on('message', async (port) => {
              for (const [path, ...reads] of [['/', 'reads'], ['/'], ['/big']]) {
                const client = fork('./client.js', [`http://127.0.0.1:${port}${path}`, ...reads]);
                console.log(path, await new Promise((done) => client.on('exit', done)));
              }
              server.kill();
            });
        """,
    })
    assert output(command, "a.js", folder=tmp_path) == "/ 0\n/ 0\n/big 0\n"


def test_a_body_comes_no_faster_than_it_is_read(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": PRELUDE + """
        let sent = 0;
        serve((q, r) => {
          (function send() {
            while (sent < 64e6 && !r.destroyed) {
              sent += 65536;
              if (!r.write(Buffer.alloc(65536))) return r.once('drain', send);
            }
            r.end();
          })();
        }, async (url) => {
          const response = await fetch(url);
          await new Promise((done) => setTimeout(done, 300));
          console.log(sent < 32e6);
          await response.body.cancel();
        });
    """})
    assert output(command, "a.js", folder=tmp_path) == "true\n"


def test_connections_are_used_again(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": PRELUDE + """
        let connections = 0;
        serve((q, r) => r.end('ok'), async (url, server) => {
          server.on('connection', () => connections++);
          for (let i = 0; i < 20; i++) await (await fetch(url)).text();
          console.log(connections <= 2);
        });
    """})
    assert output(command, "a.js", folder=tmp_path) == "true\n"


def test_the_globals_are_lazy_accessors_that_can_be_replaced(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": """
        for (const name of ['Headers', 'Request', 'Response', 'FormData', 'WebSocket', 'CloseEvent']) {
          globalThis[name] = name;
          console.log(globalThis[name], Object.getOwnPropertyDescriptor(globalThis, name).enumerable);
        }
        console.log(typeof EventSource, fetch.name, fetch.length);
    """})
    assert output(command, "a.js", folder=tmp_path) == (
        "Headers false\nRequest false\nResponse false\nFormData false\nWebSocket false\nCloseEvent false\n"
        "undefined fetch 1\n")


def test_a_dispatcher_answers_instead_of_the_network(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": r"""
        const answer = (name) => ({
          dispatch({ origin, path, method, headers }, handler) {
            console.log(name, origin, path, method, headers['x-a'] ?? headers['X-A']);
            handler.onConnect(() => console.log('aborted'));
            handler.onHeaders(201, ['X-B', '1', 'x-b', '2'].map((each) => Buffer.from(each)), () => {}, 'Fine');
            handler.onData(Buffer.from('bo'));
            handler.onData(Buffer.from('dy'));
            handler.onComplete([]);
          },
        });
        const failing = { dispatch: (options, handler) => handler.onError(new Error('no')) };
        (async () => {
          const own = await fetch('http://a.test/b?c#d', { dispatcher: answer('own'), headers: { 'X-A': 'y' } });
          console.log(own.status, own.statusText, own.headers.get('x-b'), await own.text());
          globalThis[Symbol.for('undici.globalDispatcher.1')] = answer('global');
          console.log(await (await fetch('http://a.test/', { method: 'POST', body: 'x' })).text());
          await fetch('http://a.test/', { dispatcher: failing }).catch((e) => console.log(e.message, e.cause.message));
        })();
    """})
    assert output(command, "a.js", folder=tmp_path) == (
        "own http://a.test /b?c GET y\n201 Fine 1, 2 body\n"
        "global http://a.test / POST undefined\nbody\nfetch failed no\n")


def needs(command: list[str], module: str, folder: Path) -> None:
    """Skip the test where a module is not there yet."""
    program = f"let is = true; try {{ require('{module}'); }} catch {{ is = false; }} is"
    if output(command, "-p", program, folder=folder) != "true\n":
        pytest.skip(f"{module} is not there yet")


def test_content_codings_are_undone(command: list[str], tmp_path: Path) -> None:
    needs(command, "zlib", tmp_path)
    write(tmp_path, {"a.js": PRELUDE + r"""
        const zlib = require('zlib');
        const text = 'hello world '.repeat(20000);
        const gzip = zlib.gzipSync(text);
        const answers = {
          gzip, 'x-gzip': gzip, GZIP: gzip, deflate: zlib.deflateSync(text), 'deflate ': zlib.deflateRawSync(text),
          br: zlib.brotliCompressSync(text), 'deflate, gzip': zlib.gzipSync(zlib.deflateSync(text)), unknown: text,
          ' gzip': 'no gzip', 'gzip, gzip, gzip, gzip, gzip, gzip': '',
        };
        serve((q, r) => {
          const coding = decodeURIComponent(q.url.slice(1));
          r.writeHead(200, { 'content-encoding': coding.trim() });
          r.end(answers[coding]);
        }, async (url) => {
          for (const coding of Object.keys(answers)) {
            try {
              const response = await fetch(`${url}/${encodeURIComponent(coding)}`);
              console.log(coding, response.headers.get('content-encoding'), await response.text() === text);
            } catch ({ message, cause }) {
              console.log(coding, message, cause.code, cause.message);
            }
          }
        });
    """})
    assert output(command, "a.js", folder=tmp_path) == """gzip gzip true
x-gzip x-gzip true
GZIP GZIP true
deflate deflate true
deflate  deflate true
br br true
deflate, gzip deflate, gzip true
unknown unknown true
 gzip terminated Z_DATA_ERROR incorrect header check
gzip, gzip, gzip, gzip, gzip, gzip fetch failed undefined \
too many content-encodings in response: 6, maximum allowed is 5
"""


def test_webassembly_is_compiled_from_responses(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": r"""
        const bytes = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
        const respond = (body, type = 'application/wasm', status = 200) =>
          new Response(body, { status, headers: { 'content-type': type } });
        (async () => {
          console.log(await WebAssembly.compileStreaming(respond(bytes)));
          console.log(Object.keys(await WebAssembly.instantiateStreaming(Promise.resolve(respond(bytes)))).join());
          const bad = [respond(bytes, 'text/plain'), respond(bytes, undefined, 404), respond(bytes.with(7, 9)), 1];
          for (const each of bad) {
            await WebAssembly.compileStreaming(each).catch((e) => console.log(e.name, e.code, e.message));
          }
        })();
    """})
    assert output(command, "a.js", folder=tmp_path) == (
        "Module [WebAssembly.Module] {}\nmodule,instance\n"
        "TypeError ERR_WEBASSEMBLY_RESPONSE WebAssembly response has unsupported MIME type 'text/plain'\n"
        "TypeError ERR_WEBASSEMBLY_RESPONSE WebAssembly response has status code 404\n"
        "CompileError undefined WebAssembly.compileStreaming(): expected version 01 00 00 00, found 01 00 00 09 @+4\n"
        'TypeError ERR_INVALID_ARG_TYPE The "source" argument must be an instance of Response or an Promise resolving '
        "to Response. Received type number (1)\n")
