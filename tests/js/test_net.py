"""JavaScript's `net`, `dgram` and `dns`: what Node's own tests do not look at. Where there is a Node, it is run too."""

from __future__ import annotations

from pathlib import Path

import pytest
from js.commands import output, write

PRELUDE = """
'use strict';
const net = require('net');
const log = console.log;
const serve = (connected, then) => {
  const server = net.createServer(connected);
  server.listen(0, '127.0.0.1', () => then(server.address().port, server));
  return server;
};
"""


def said(command: list[str], folder: Path, source: str, *arguments: str) -> list[str]:
    """The lines that a program prints."""
    write(folder, {"program.js": PRELUDE + source})
    return output(command, *arguments, "program.js", folder=folder).splitlines()


def test_all_that_is_written_arrives_in_order_whatever_it_is(command: list[str], tmp_path: Path) -> None:
    source = """
        const pieces = [
          'text', ['héé', 'utf8'], ['ü', 'latin1'], ['616263', 'hex'], ['\\ud83d lone', 'utf8'],
          Buffer.alloc(300000, 'b'), new Uint8Array([1, 2, 3]), 'x'.repeat(2000000), ['AAEC', 'base64'], 'end',
        ].map((piece) => (Array.isArray(piece) ? piece : [piece]));
        const whole = Buffer.concat(pieces.map(([data, encoding]) => Buffer.from(data, encoding)));
        const server = serve((socket) => {
          const chunks = [];
          socket.on('data', (chunk) => chunks.push(chunk));
          socket.on('end', () => {
            log(Buffer.concat(chunks).equals(whole), socket.bytesRead === whole.length);
            server.close();
          });
        }, (port) => {
          const socket = net.connect(port, '127.0.0.1');
          pieces.slice(0, 3).forEach(([data, encoding]) => socket.write(data, encoding));
          socket.on('connect', () => {
            socket.cork();
            pieces.slice(3).forEach(([data, encoding]) => socket.write(data, encoding));
            socket.uncork();
            log(socket.bytesWritten === whole.length);
            socket.end();
          });
        });
    """
    assert said(command, tmp_path, source) == ["true", "true true"]


def test_corked_writes_are_one_operation(command: list[str], tmp_path: Path) -> None:
    source = """
        const server = serve((socket) => {
          socket.once('data', (data) => {
            log(`${data}`);
            server.close();
            socket.destroy();
          });
        }, (port) => {
          const socket = net.connect(port, '127.0.0.1', () => {
            socket.cork();
            for (let i = 0; i < 2000; i++) socket.write('.');
            socket.uncork();
          });
          socket.on('error', () => {});
        });
    """
    assert said(command, tmp_path, source) == ["." * 2000]


def test_a_buffer_of_ones_own_is_read_into(command: list[str], tmp_path: Path) -> None:
    source = """
        const server = serve((socket) => socket.end('abcdefgh'), (port) => {
          const buffer = Buffer.alloc(3);
          const seen = [];
          net.connect({ port, host: '127.0.0.1', onread: { buffer, callback(length, given) {
            seen.push(given === buffer, given.toString('latin1', 0, length));
            return true;
          } } }).on('close', () => {
            log(seen.join());
            server.close();
          });
        });
    """
    assert said(command, tmp_path, source) == ["true,abc,true,def,true,gh"]


def test_a_slow_reader_makes_its_writer_wait(command: list[str], tmp_path: Path) -> None:
    source = """
        const size = 64 * 1024 * 1024;
        const server = serve((socket) => {
          socket.pause();
          setTimeout(() => {
            log(socket.bytesRead < size / 2);
            socket.resume();
          }, 100);
          socket.on('end', () => {
            log(socket.bytesRead === size);
            server.close();
          });
        }, (port) => {
          const socket = net.connect(port, '127.0.0.1');
          log(socket.write(Buffer.alloc(size)));
          socket.end();
        });
    """
    assert said(command, tmp_path, source) == ["false", "true", "true"]


def test_a_half_closed_connection_still_carries_the_answer(command: list[str], tmp_path: Path) -> None:
    source = """
        const server = net.createServer({ allowHalfOpen: true }, (socket) => {
          let text = '';
          socket.on('data', (data) => text += data);
          socket.on('end', () => setTimeout(() => socket.end(text.toUpperCase()), 10));
        }).listen(0, '127.0.0.1', () => {
          const socket = net.connect(server.address().port, '127.0.0.1');
          socket.end('question');
          socket.on('data', (data) => log(`${data}`, socket.writable, socket.readyState));
          socket.on('close', () => server.close());
        });
    """
    assert said(command, tmp_path, source) == ["QUESTION false readOnly"]


def test_paths_in_the_file_system_and_abstract_ones(command: list[str], tmp_path: Path) -> None:
    source = """
        const fs = require('fs');
        const go = (path, next) => {
          const answer = `from ${path.replace('\\0', '@')}`;
          const server = net.createServer((socket) => socket.end(answer)).listen(path, () => {
            log(server.address() === path, fs.existsSync('s.sock'));
            net.connect(path).on('data', (data) => log(`${data}`)).on('close', () => {
              server.close(() => {
                log(fs.existsSync('s.sock'));
                next?.();
              });
            });
          });
        };
        go('s.sock', () => go(`\\0ouroloop-${process.pid}`));
    """
    found = said(command, tmp_path, source)
    assert found[:3] == ["true true", "from s.sock", "false"]
    assert found[3] == "true false"
    assert found[4].startswith("from @ouroloop-")


def test_a_path_is_for_its_owner_unless_all_may_use_it(command: list[str], tmp_path: Path) -> None:
    source = """
        const fs = require('fs');
        const mode = () => (fs.statSync('s.sock').mode & 0o006).toString(8);
        process.umask(0o077);
        const server = net.createServer().listen({ path: 's.sock', readableAll: true, writableAll: true }, () => {
          log(mode());
          server.close();
        });
    """
    assert said(command, tmp_path, source) == ["6"]


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("net.connect(1, '127.0.0.1')", "ECONNREFUSED connect 127.0.0.1 1 connect ECONNREFUSED 127.0.0.1:1"),
        ("net.connect('no.sock')", "ENOENT connect no.sock undefined connect ENOENT no.sock"),
        ("net.createServer().listen('no/no.sock')",
         "EACCES listen no/no.sock -1 listen EACCES: permission denied no/no.sock"),
        ("net.createServer().listen(5, '192.0.2.1')",
         "EADDRNOTAVAIL listen 192.0.2.1 5 listen EADDRNOTAVAIL: address not available 192.0.2.1:5"),
        ("net.connect({ port: 1, host: '127.0.0.1', localAddress: '192.0.2.1' })",
         "EADDRNOTAVAIL bind 192.0.2.1 undefined bind EADDRNOTAVAIL 192.0.2.1"),
        ("net.connect({ port: 1, host: 'a', lookup: (name, options, done) => done(null, [{ address: '1' }]) })",
         "ERR_INVALID_IP_ADDRESS undefined undefined undefined Invalid IP address: 1"),
    ],
)
def test_errors_say_what_failed_and_where(command: list[str], tmp_path: Path, program: str, expected: str) -> None:
    source = f"""
        {program}.on('error', (error) => log(error.code, error.syscall, error.address, error.port, error.message));
    """
    assert said(command, tmp_path, source) == [expected]


def test_several_addresses_are_tried_in_turn_and_all_failures_are_told(command: list[str], tmp_path: Path) -> None:
    source = """
        const lookup = (name, options, done) => done(null, [
          { address: '::1', family: 6 }, { address: '127.0.0.1', family: 4 }, { address: '127.0.0.2', family: 4 },
        ]);
        const server = serve((socket) => socket.end(), (port) => {
          const socket = net.connect({ port, host: 'a.example', lookup });
          socket.resume().on('close', () => {
            log(socket.autoSelectFamilyAttemptedAddresses.map((each) => each.slice(0, -`:${port}`.length)).join());
            server.close(() => {
              net.connect({ port, host: 'a.example', lookup }).on('error', (error) => {
                log(error.constructor.name, error.code, error.errors.map(({ address }) => address).join());
              });
            });
          });
        });
    """
    assert said(command, tmp_path, source) == ["::1,127.0.0.1", "AggregateError ECONNREFUSED ::1,127.0.0.1,127.0.0.2"]


def test_a_process_ends_when_nothing_referenced_is_left(command: list[str], tmp_path: Path) -> None:
    source = """
        serve((socket) => socket.unref(), (port, server) => {
          const socket = net.connect(port, '127.0.0.1', () => {
            socket.unref();
            server.unref();
            socket.setTimeout(60000);
          });
          log(process._getActiveHandles().includes(server), process.getActiveResourcesInfo().includes('TCPServerWrap'));
        });
    """
    assert said(command, tmp_path, source) == ["true true"]


def test_those_who_watch_are_told_of_sockets(command: list[str], tmp_path: Path) -> None:
    source = """
        const { subscribe } = require('diagnostics_channel');
        const { PerformanceObserver } = require('perf_hooks');
        const names = ['net.client.socket', 'net.server.socket', 'tracing:net.server.listen:asyncEnd', 'udp.socket'];
        for (const name of names) subscribe(name, (message) => log(name, Object.keys(message).join()));
        new PerformanceObserver((list) => {
          for (const { name, detail } of list.getEntries()) log(name, detail.host);
        }).observe({ type: 'net' });
        const server = serve((socket) => {
          socket.end();
          server.close();
        }, (port) => net.connect(port, '127.0.0.1').resume());
        require('dgram').createSocket('udp4').close();
    """
    assert sorted(said(command, tmp_path, source)) == [
        "connect 127.0.0.1", "net.client.socket socket", "net.server.socket socket",
        "tracing:net.server.listen:asyncEnd server", "udp.socket socket",
    ]


def test_datagrams_keep_their_bounds(command: list[str], tmp_path: Path) -> None:
    source = """
        const dgram = require('dgram');
        const receiver = dgram.createSocket('udp4');
        const seen = [];
        receiver.on('message', (data, { address, size }) => {
          seen.push([data.length, size, address, data.length > 0 && data[0]]);
          if (seen.length < 3) return;
          for (const each of seen) log(each.join());
          receiver.close();
        });
        receiver.bind(0, '127.0.0.1', () => {
          const sender = dgram.createSocket('udp4');
          const { port } = receiver.address();
          sender.send(Buffer.alloc(40000, 7), port, '127.0.0.1', (error, size) => {
            log(error, size);
            sender.send([Buffer.from('ab'), 'cd'], port, '127.0.0.1', () => {
              sender.send('', port, '127.0.0.1', () => sender.close());
            });
          });
        });
    """
    assert said(command, tmp_path, source) == [
        "null 40000", "40000,40000,127.0.0.1,7", "4,4,127.0.0.1,97", "0,0,127.0.0.1,false",
    ]


def test_names_are_looked_up_with_callbacks_and_promises(command: list[str], tmp_path: Path) -> None:
    source = """
        const dns = require('dns');
        dns.lookup('localhost', { family: 4 }, (error, address, family) => {
          log(error, address, family);
          dns.lookup('no.such.name.invalid', (error) => {
            log(['ENOTFOUND', 'EAI_AGAIN'].includes(error.code), error.syscall, error.hostname);
            dns.promises.lookup('127.0.0.1', { all: true }).then(log);
          });
        });
    """
    assert said(command, tmp_path, source) == [
        "null 127.0.0.1 4", "true getaddrinfo no.such.name.invalid", "[ { address: '127.0.0.1', family: 4 } ]",
    ]


def test_a_name_server_of_ones_own_is_asked(command: list[str], tmp_path: Path) -> None:
    source = """
        const dgram = require('dgram');
        const { Resolver } = require('dns').promises;
        const server = dgram.createSocket('udp4').bind(0, '127.0.0.1', async () => {
          const resolver = new Resolver();
          resolver.setServers([`127.0.0.1:${server.address().port}`]);
          log(await resolver.resolve4('a.example', { ttl: true }), await resolver.resolve('a.example'));
          server.close();
        });
        server.on('message', (query, { address, port }) => {
          const name = query.subarray(12, query.indexOf(0, 12) + 5);
          const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0]);
          const answer = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 77, 0, 4, 192, 0, 2, 5]);
          server.send([head, name, answer], port, address);
        });
    """
    assert said(command, tmp_path, source) == ["[ { address: '192.0.2.5', ttl: 77 } ] [ '192.0.2.5' ]"]


def test_blocked_addresses_are_not_connected_to(command: list[str], tmp_path: Path) -> None:
    source = """
        const blockList = new net.BlockList();
        blockList.addSubnet('127.0.0.0', 8);
        const server = serve(() => log('never'), (port) => {
          net.connect({ port, host: '127.0.0.1', blockList }).on('error', (error) => {
            log(error.code, error.message);
            server.close();
          });
        });
        log(blockList.check('::ffff:127.0.0.1', 'ipv6'), blockList.check('128.0.0.1'));
        log(structuredClone(blockList).rules);
    """
    assert said(command, tmp_path, source) == [
        "true false", "[ 'Subnet: IPv4 127.0.0.0/8' ]", "ERR_IP_BLOCKED IP(127.0.0.1) is blocked by net.BlockList",
    ]
