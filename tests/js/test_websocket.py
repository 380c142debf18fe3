"""WebSocket, the client."""

from __future__ import annotations

from pathlib import Path

from js.commands import output, write
from js.test_fetch import needs
from js.web.record import expected, printed


def test_a_websocket_and_its_events_are_as_in_node(command: list[str]) -> None:
    assert printed(command, "websocket") == expected("websocket")


def test_frames_may_come_in_pieces_of_any_size(command: list[str], tmp_path: Path) -> None:
    write(tmp_path, {"a.js": r"""
        const http = require('http');
        const crypto = require('crypto');
        const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
        const frame = (opcode, text, isFinal = true) => {
          const payload = Buffer.from(text);
          return Buffer.concat([Buffer.from([(isFinal ? 0x80 : 0) | opcode, payload.length]), payload]);
        };
        const bytes = Buffer.concat([
          frame(1, 'h', false), frame(9, 'ping'), frame(0, 'éllo'), frame(2, 'bin'), frame(8, ''),
        ]);
        const server = http.createServer().on('upgrade', (request, socket) => {
          const accept = crypto.createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
          socket.setNoDelay();
          socket.write('HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
          let at = 0;
          const timer = setInterval(() => {
            socket.write(bytes.subarray(at, ++at));
            if (at === bytes.length) clearInterval(timer);
          }, 1);
          socket.on('data', (data) => {
            if (data.at(-6) === 0x88 || data[0] === 0x88) socket.end();
          });
        }).listen(0, '127.0.0.1', () => {
          const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
          socket.binaryType = 'arraybuffer';
          socket.onmessage = ({ data }) => console.log(typeof data === 'string' ? data : Buffer.from(data).toString());
          socket.onclose = ({ code, wasClean }) => {
            console.log(code, wasClean);
            server.close();
          };
        });
    """})
    assert output(command, "a.js", folder=tmp_path) == "héllo\nbin\n1005 true\n"


def test_compressed_messages_come_in_their_order(command: list[str], tmp_path: Path) -> None:
    needs(command, "zlib", tmp_path)
    write(tmp_path, {"a.js": r"""
        const http = require('http');
        const crypto = require('crypto');
        const { deflateRawSync, constants: { Z_SYNC_FLUSH: finishFlush } } = require('zlib');
        const compressed = deflateRawSync('secret', { finishFlush }).subarray(0, -4);
        const frames = Buffer.concat([
          Buffer.from([0xc1, compressed.length]), compressed, Buffer.from([0x81, 2, 65, 66]),
          Buffer.from([0xc1, compressed.length]), compressed, Buffer.from([0x88, 0]),
        ]);
        const server = http.createServer().on('upgrade', (request, socket) => {
          const key = request.headers['sec-websocket-key'] + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
          socket.write('HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            `Sec-WebSocket-Accept: ${crypto.createHash('sha1').update(key).digest('base64')}\r\n` +
            'Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n');
          socket.write(frames);
          socket.on('data', () => socket.end());
        }).listen(0, '127.0.0.1', () => {
          const socket = new WebSocket(`ws://127.0.0.1:${server.address().port}`);
          socket.onopen = () => console.log(socket.extensions);
          socket.onmessage = ({ data }) => console.log(data);
          socket.onclose = ({ code, wasClean }) => {
            console.log(code, wasClean);
            server.close();
          };
        });
    """})
    assert output(command, "a.js", folder=tmp_path) == "permessage-deflate\nsecret\nAB\nsecret\n1005 true\n"


def test_it_goes_when_the_flag_says_so_but_stays_in_http(command: list[str], tmp_path: Path) -> None:
    program = "typeof WebSocket + typeof CloseEvent + typeof require('http').WebSocket"
    found = output(command, "--no-experimental-websocket", "-p", program, folder=tmp_path)
    assert found == "undefinedundefinedfunction\n"


def test_the_exports_of_http_are_the_globals(command: list[str], tmp_path: Path) -> None:
    program = "const h = require('http'); [h.WebSocket === WebSocket, h.CloseEvent === CloseEvent, " \
              "h.MessageEvent === MessageEvent]"
    assert output(command, "-p", program, folder=tmp_path) == "[ true, true, true ]\n"
