"""JavaScript's `child_process.fork` and `cluster`: messages, and sockets that travel with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import COMMANDS, output, write


def said(command: list[str], folder: Path, parent: str, child: str, *arguments: str) -> list[str]:
    """The lines that a program prints that has forked another one."""
    prelude = "'use strict'; const net = require('net'); const log = console.log;\n"
    forking = "const { fork } = require('child_process');\n"
    write(folder, {"program.js": prelude + forking + parent, "child.js": prelude + child})
    return output(command, *arguments, "program.js", folder=folder).splitlines()


def test_messages_go_both_ways_in_order(command: list[str], tmp_path: Path) -> None:
    parent = """
        const child = fork('./child.js', ['a b'], { env: { ...process.env, EXTRA: 'x' } });
        child.on('message', (message) => log(JSON.stringify(message)));
        for (const event of ['exit', 'close', 'disconnect']) child.on(event, (...values) => log(event, ...values));
        child.send('early');
        child.send({ text: 'ünïcode \\ud83d\\ude00\\n', list: [1, null, true] });
    """
    child = """
        log(process.argv[2], process.env.EXTRA, process.env.NODE_CHANNEL_FD, process.connected);
        let count = 0;
        process.on('message', (message) => {
          process.send({ ...message, count: ++count });
          if (count === 2) process.disconnect();
        });
    """
    found = said(command, tmp_path, parent, child)
    assert found[0] == "a b x undefined true"
    assert '{"text":"ünïcode 😀\\n","list":[1,null,true],"count":2}' in found
    assert found[3:] == ["disconnect", "exit 0 null", "close 0 null"]


def test_a_child_without_a_listener_ends_by_itself(command: list[str], tmp_path: Path) -> None:
    parent = """
        fork('./child.js').on('message', (message) => log(message)).on('exit', (code) => log('exit', code));
    """
    assert said(command, tmp_path, parent, "process.send('done');") == ["done", "exit 0"]


def test_messages_that_come_before_a_listener_are_kept(command: list[str], tmp_path: Path) -> None:
    parent = """
        const child = fork('./child.js');
        child.send(1);
        child.send(2, () => child.on('message', (message) => {
          log(message);
          child.disconnect();
        }));
    """
    child = """
        setTimeout(() => {
          const seen = [];
          process.on('message', (message) => {
            seen.push(message);
            if (seen.length === 2) process.send(seen.join());
          });
        }, 50);
    """
    assert said(command, tmp_path, parent, child) == ["1,2"]


def test_advanced_messages_keep_what_json_loses(command: list[str], tmp_path: Path) -> None:
    parent = """
        const child = fork('./child.js', { serialization: 'advanced' });
        const bytes = new Uint8Array(200000).fill(7);
        const value = { map: new Map([[1, new Set(['a'])]]), big: 10n, bytes, at: undefined };
        value.self = value;
        child.on('message', (message) => {
          require('assert').deepStrictEqual(message, value);
          log('equal', message.self === message);
          child.disconnect();
        });
        child.send(value);
    """
    child = "process.on('message', (message) => process.send(message));"
    assert said(command, tmp_path, parent, child) == ["equal true"]


def test_a_server_and_a_socket_can_be_sent(command: list[str], tmp_path: Path) -> None:
    parent = """
        const child = fork('./child.js');
        const server = net.createServer({ pauseOnConnect: true }, (socket) => {
          child.send('socket', socket);
          server.close(() => log('server closed'));
        });
        server.listen(0, '127.0.0.1', () => {
          net.connect(server.address().port, '127.0.0.1').setEncoding('utf8').on('data', (data) => {
            log(data);
            child.disconnect();
          });
        });
        child.on('exit', (code) => log('exit', code));
    """
    child = """
        process.on('message', (message, socket) => socket.end(`${message} in ${socket instanceof net.Socket}`));
    """
    assert sorted(said(command, tmp_path, parent, child)) == ["exit 0", "server closed", "socket in true"]


def test_what_is_sent_after_a_handle_waits_for_it(command: list[str], tmp_path: Path) -> None:
    parent = """
        const child = fork('./child.js');
        const server = net.createServer().listen(0, '127.0.0.1', () => {
          child.send('server', server);
          log(child.send('first'), child.send('second'));
          server.close();
        });
        child.on('message', (message) => {
          log(message);
          child.disconnect();
        });
    """
    child = """
        const seen = [];
        process.on('message', (message, handle) => {
          seen.push(message, typeof handle);
          handle?.close();
          if (message === 'second') process.send(seen.join());
        });
    """
    assert said(command, tmp_path, parent, child) == [
        "true false", "server,object,first,undefined,second,undefined",
    ]


def test_workers_of_a_cluster_share_a_port(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"program.js": """
        const cluster = require('cluster');
        const net = require('net');
        if (cluster.isWorker) {
          net.createServer((socket) => socket.end(`${cluster.worker.id}`)).listen(0, '127.0.0.1');
          return;
        }
        let listening = 0;
        for (let i = 0; i < 2; i++) cluster.fork();
        cluster.on('listening', (worker, { port }) => {
          if (++listening < 2) return;
          const seen = new Set();
          const ask = () => net.connect(port, '127.0.0.1').on('data', (data) => {
            seen.add(`${data}`);
            if (seen.size < 2) ask();
            else cluster.disconnect(() => console.log([...seen].sort().join()));
          });
          ask();
        });
        cluster.on('exit', (worker, code) => console.log('exit', code, worker.exitedAfterDisconnect));
    """})
    assert sorted(output(command, "program.js", folder=tmp_path).splitlines()) == ["1,2", "exit 0 true", "exit 0 true"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("fork(1)", "ERR_INVALID_ARG_TYPE"),
        ("fork('x', { stdio: ['ignore', 'ignore', 'ignore'] })", "ERR_CHILD_PROCESS_IPC_REQUIRED"),
        ("require('child_process').spawn('true', { stdio: ['ipc', 'ipc'] })", "ERR_IPC_ONE_PIPE"),
        ("require('child_process').spawnSync('true', { stdio: ['ipc'] })", "ERR_IPC_SYNC_FORK"),
    ],
)
def test_what_cannot_be_is_refused(command: list[str], tmp_path: Path, program: str, expected: str) -> None:
    assert said(command, tmp_path, f"try {{ {program} }} catch (error) {{ log(error.code); }}", "") == [expected]


@pytest.mark.skipif("node" not in COMMANDS, reason="OUROLOOP_NODE names no node")
def test_node_is_understood_as_a_child(tmp_path: Path) -> None:
    parent = """
        for (const serialization of ['json', 'advanced']) {
          const child = fork('./child.js', { execPath: process.argv[2], execArgv: [], serialization });
          child.send({ hello: [1] });
          child.on('message', (message) => {
            log(JSON.stringify(message));
            child.disconnect();
          });
        }
    """
    child = "process.on('message', (message) => process.send({ message, ouroloop: 'ouroloop' in process.versions }));"
    found = said(COMMANDS["ouro"], tmp_path, parent.replace("process.argv[2]", f"'{COMMANDS['node'][0]}'"), child)
    assert found == ['{"message":{"hello":[1]},"ouroloop":false}'] * 2
