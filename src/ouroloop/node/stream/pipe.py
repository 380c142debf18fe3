"""What `Readable.pipe` sets up between a source and one destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .readable import Readable
    from .writable import Writable


class Pipe:
    """One `pipe`: what connects a Readable to one destination."""

    __slots__ = ("_at_end", "_source", "_to", "_undone", "_waits")

    def __init__(self, source: Readable, to: Writable, end: bool) -> None:
        self._source = source
        self._to = to
        self._undone = False
        self._waits = False
        state = source._read_state
        state.pipes.append(to)
        self._at_end = self._end if end else self._unpipe
        if state.end_emitted:
            source._env.next_tick(self._at_end)
        else:
            source.once("end", self._at_end)
        to.on("unpipe", self._on_unpipe)
        source.on("data", self._on_data)
        to.prepend_listener("error", self._on_error)
        to.once("close", self._on_close)
        to.once("finish", self._on_finish)
        to.emit("pipe", source)
        if to.writable_need_drain:
            self._pause()
        elif not state.flowing:
            source.resume()

    def _on_data(self, chunk: Any) -> None:
        if self._to.write(chunk) is False:
            self._pause()

    def _pause(self) -> None:
        state = self._source._read_state
        if not self._undone:
            if self._to in state.pipes:
                if state.await_drain is None:
                    state.await_drain = set()
                state.await_drain.add(self._to)
            self._source.pause()
        if not self._waits:
            self._waits = True
            self._to.on("drain", self._on_drain)

    def _on_drain(self) -> None:
        state = self._source._read_state
        if state.await_drain is not None:
            state.await_drain.discard(self._to)
        if not state.await_drain and self._source.listener_count("data"):
            self._source.resume()

    def _end(self) -> None:
        self._to.end()

    def _unpipe(self) -> None:
        self._source.unpipe(self._to)

    def _on_error(self, error: BaseException) -> None:
        self._unpipe()
        self._to.remove_listener("error", self._on_error)
        if self._to.listener_count("error"):
            return
        if self._to._error_emitted:  # we were its only listener: the error is nobody's, and must not pass in silence
            self._to.emit("error", error)
        else:
            self._to._fail(error)

    def _on_close(self, *_: Any) -> None:
        self._to.remove_listener("finish", self._on_finish)
        self._unpipe()

    def _on_finish(self) -> None:
        self._to.remove_listener("close", self._on_close)
        self._unpipe()

    def _on_unpipe(self, source: Readable) -> None:
        if source is not self._source or self._undone:
            return
        to = self._to
        to.remove_listener("close", self._on_close)
        to.remove_listener("finish", self._on_finish)
        to.remove_listener("drain", self._on_drain)
        to.remove_listener("error", self._on_error)
        to.remove_listener("unpipe", self._on_unpipe)
        source.remove_listener("end", self._at_end)
        source.remove_listener("data", self._on_data)
        self._undone = True
        if self._waits and source._read_state.await_drain and to.writable_need_drain:
            self._on_drain()
