"""http2: sessions of `node/http2` for JavaScript. Bytes and events cross, a batch at a time; nothing here does I/O."""

from __future__ import annotations

from ...node.http2 import Options, Session, error_message

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ..runtime import Runtime

_CALLABLE = frozenset({
    "altsvc", "current_settings", "end", "goaway", "inform", "origin", "ping", "push", "request", "reset_stream",
    "respond", "send_trailers", "set_local_window_size", "set_next_stream_id", "set_reading", "settings",
    "shutdown_notice", "state", "stream_state", "terminate", "write",
})


def operations(runtime: Runtime) -> dict[str, Callable[..., Any]]:
    """For `internal/http2/*`."""
    sessions: dict[int, Session] = {}
    last = 0

    def open_session(is_client: bool, options: dict[str, Any]) -> int:
        nonlocal last
        last += 1
        chosen = Options(**{name: value for name, value in options.items() if value is not None})
        sessions[last] = Session(bool(is_client), chosen)
        return last

    def close(number: int) -> None:
        session = sessions.pop(int(number), None)
        if session is not None:
            session.close()

    def call(number: int, name: str, args: list[Any]) -> Any:
        """A method of the session's; undefined for one that is closed."""
        session = sessions.get(int(number))
        if session is None or name not in _CALLABLE:
            return None
        return getattr(session, name)(*args)

    def exchange(number: int, data: bytes | None, may_send: bool) -> list[Any] | None:
        """Take in what has come: `[what is to be told, what is to be sent, whether anything more is expected]`.

        Bytes are made only if they may be sent: what waits in nghttp2 counts against its limits.
        """
        session = sessions.get(int(number))
        if session is None:
            return None
        if data is not None:
            session.receive(data)
        out = session.pending() if may_send else b""
        return [session.take_events(), out, session.wants_read or session.wants_write]

    return {
        "open": open_session, "close": close, "call": call, "exchange": exchange,
        "errorMessage": lambda number: error_message(int(number)),
    }
