"""HTTP/2: the protocol, with no I/O in it. Bytes go in, events come out, and bytes to send.

`Session` is one connection's side, `Options` its limits; `Event` names what it tells.
"""

from .session import Event, Options, Session, error_message

__all__ = ["Event", "Options", "Session", "error_message"]
