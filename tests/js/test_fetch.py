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
