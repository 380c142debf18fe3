"""http: HTTP/1.1 servers and clients.

    from ouroloop.node import http

    def on_request(req, res):
        res.set_header("Content-Type", "text/plain")
        res.end("Hello, World!")

    http.create_server(on_request).listen(8080)

protocol.py knows HTTP and no I/O; server.py and client.py connect it with the loop.
"""

from __future__ import annotations

from .client import Agent, ClientRequest, get, global_agent, request
from .incoming import IncomingMessage
from .outgoing import HeadersSentError, OutgoingMessage, ServerResponse
from .protocol import METHODS, STATUS_CODES, HeaderError, ProtocolError, check_header_name, check_header_value
from .server import Connection, Server, create_server

validate_header_name = check_header_name
validate_header_value = check_header_value

__all__ = [
    "METHODS", "STATUS_CODES", "Agent", "ClientRequest", "Connection", "HeaderError", "HeadersSentError",
    "IncomingMessage", "OutgoingMessage", "ProtocolError", "Server", "ServerResponse", "create_server", "get",
    "global_agent", "request", "validate_header_name", "validate_header_value",
]
