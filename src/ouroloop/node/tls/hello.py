"""What a client says of itself in its first message (RFC 8446, 4.1.2), as far as a server may want to know."""

from __future__ import annotations

from dataclasses import dataclass, field

_SERVER_NAME, _STATUS_REQUEST, _ALPN = 0, 5, 16
_HEADER = 4
_VERSION_AND_RANDOM = 34


@dataclass(slots=True)
class ClientHello:
    """`protocols` are those of ALPN, in the client's order."""

    server_name: str = ""
    protocols: list[str] = field(default_factory=list)
    wants_status: bool = False
    """Whether it asks for a word of the authority about the certificate (OCSP)."""


def parse_client_hello(message: bytes) -> ClientHello:
    """The handshake message `message`, with its header of four bytes. OpenSSL has checked its form."""
    hello = ClientHello()
    position = _HEADER + _VERSION_AND_RANDOM
    position += 1 + message[position]  # session id
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


def _number(data: bytes, position: int) -> int:
    return data[position] << 8 | data[position + 1]
