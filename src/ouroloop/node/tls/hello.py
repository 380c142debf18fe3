"""What a client says of itself in its first message (RFC 8446, 4.1.2), as far as a server may want to know."""

from __future__ import annotations

from dataclasses import dataclass, field

_SERVER_NAME, _STATUS_REQUEST, _ALPN, _TICKET = 0, 5, 16, 35
_HANDSHAKE_RECORD, _CLIENT_HELLO = 22, 1
_RECORD_HEADER = 5
_HEADER = 4
_VERSION_AND_RANDOM = 34
_MOST_OF_A_RECORD = 2**14  # RFC 8446, 5.1
_MOST_OF_A_HELLO = 131_396  # more than that OpenSSL takes from nobody


@dataclass(slots=True)
class ClientHello:
    """`protocols` are those of ALPN, in the client's order."""

    server_name: str = ""
    protocols: list[str] = field(default_factory=list)
    wants_status: bool = False
    """Whether it asks for a word of the authority about the certificate (OCSP)."""
    session: bytes = b""
    """By which name it had the session that it wants to take up; in TLS 1.3 that is nobody's."""
    has_ticket: bool = False
    """Whether it brings the session itself (RFC 5077)."""


class HelloReader:
    """Reads what a client sends until its first message is there."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> ClientHello | None:
        """The client's first message once it has come whole; an empty one for bytes that are none."""
        self._data += data
        try:
            message = self._message()
            return None if message is None else parse_client_hello(message)
        except (IndexError, ValueError):  # OpenSSL will say what is wrong with it
            return ClientHello()

    def _message(self) -> bytes | None:
        message = b""
        position = 0
        while True:
            if len(self._data) > position and self._data[position] != _HANDSHAKE_RECORD:
                raise ValueError("not a handshake")
            if len(self._data) < position + _RECORD_HEADER:
                return None
            length = _number(self._data, position + 3)
            if length > _MOST_OF_A_RECORD:
                raise ValueError("not a record")  # its rest may never come
            message += self._data[position + _RECORD_HEADER : position + _RECORD_HEADER + length]
            position += _RECORD_HEADER + length
            if len(message) >= _HEADER and message[0] != _CLIENT_HELLO:
                raise ValueError("not a ClientHello")
            size = int.from_bytes(message[1:_HEADER], "big")
            if len(message) >= _HEADER and size > _MOST_OF_A_HELLO:
                raise ValueError("too much of a ClientHello")
            if len(message) >= _HEADER and len(message) >= _HEADER + size:
                return message
            if len(self._data) <= position:
                return None

    def taken(self) -> bytes:
        """All that was fed."""
        return bytes(self._data)


def parse_client_hello(message: bytes) -> ClientHello:
    """The handshake message `message`, with its header of four bytes. Raises IndexError for one that is too short."""
    hello = ClientHello()
    position = _HEADER + _VERSION_AND_RANDOM
    hello.session = message[position + 1 : position + 1 + message[position]]
    position += 1 + message[position]
    position += 2 + _number(message, position)  # ciphers
    position += 1 + message[position]  # compression
    position += 2
    while position + 4 <= len(message):
        kind, length = _number(message, position), _number(message, position + 2)
        _take(hello, kind, message[position + 4 : position + 4 + length])
        position += 4 + length
    return hello


def _take(hello: ClientHello, kind: int, body: bytes) -> None:
    if kind == _SERVER_NAME and len(body) > 5:
        hello.server_name = body[5 : 5 + _number(body, 3)].decode("latin-1")
    elif kind == _STATUS_REQUEST:
        hello.wants_status = True
    elif kind == _TICKET:
        hello.has_ticket = len(body) > 0
    elif kind == _ALPN:
        hello.protocols = parse_protocols(body[2:])


def parse_protocols(wire: bytes) -> list[str]:
    """Names with a byte of length before each."""
    found, position = [], 0
    while position < len(wire):
        length = wire[position]
        found.append(wire[position + 1 : position + 1 + length].decode("latin-1"))
        position += 1 + length
    return found


def _number(data: bytes | bytearray, position: int) -> int:
    return data[position] << 8 | data[position + 1]
