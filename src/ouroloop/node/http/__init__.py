"""http: HTTP/1.1 servers and clients.

    from ouroloop.node import http

    def on_request(req, res):
        res.set_header("Content-Type", "text/plain")
        res.end("Hello, World!")

    http.create_server(on_request).listen(8080)

protocol.py knows HTTP and no I/O; server.py with connection.py, and client.py with agent.py, connect it with the loop.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .agent import Agent, global_agent
    from .client import ClientRequest, get, request
    from .connection import Connection
    from .incoming import IncomingMessage
    from .outgoing import HeadersSentError, OutgoingMessage, ServerResponse
    from .protocol import METHODS, STATUS_CODES, HeaderError, ProtocolError
    from .protocol import check_header_name as validate_header_name
    from .protocol import check_header_value as validate_header_value
    from .server import Server, create_server

__all__ = [
    "METHODS", "STATUS_CODES", "Agent", "ClientRequest", "Connection", "HeaderError", "HeadersSentError",
    "IncomingMessage", "OutgoingMessage", "ProtocolError", "Server", "ServerResponse", "create_server", "get",
    "global_agent", "request", "validate_header_name", "validate_header_value",
]

_HOMES = {
    "Agent": "agent", "ClientRequest": "client", "get": "client", "global_agent": "agent", "request": "client",
    "IncomingMessage": "incoming", "HeadersSentError": "outgoing", "OutgoingMessage": "outgoing",
    "ServerResponse": "outgoing", "METHODS": "protocol", "STATUS_CODES": "protocol", "HeaderError": "protocol",
    "ProtocolError": "protocol", "Connection": "connection", "Server": "server", "create_server": "server",
}
_RENAMED = {"validate_header_name": "check_header_name", "validate_header_value": "check_header_value"}


def __getattr__(name: str) -> Any:
    # What is not used is not imported: a JavaScript server needs the protocol alone.
    home = "protocol" if name in _RENAMED else _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{home}", __name__), _RENAMED.get(name, name))
    globals()[name] = value
    return value
