"""Streams: data that comes, or goes, piece by piece, at the pace of the slower side.

Theory of operation. A `Readable` keeps what its source pushed until somebody takes it; a `Writable` keeps what was
written until its sink took it. Neither buffer is limited: at `high_water_mark` a Readable stops asking its source for
more, and `write` starts to answer False, which asks the writer to wait for 'drain'. `pipe` connects the two.
A Readable is paused at first; a 'data' listener, `pipe` or `resume` sets it flowing, a 'readable' listener takes it out
of flowing mode. An `async for` reads it chunk by chunk and destroys it on the way out.

A stream ends once: after 'end' and 'finish' (those it has), or at `destroy`, comes 'close', with 'error' before it if
there was one, and nothing after it. With `auto_destroy` (the default) a stream destroys itself at its end.

What surprises people: `write` never refuses data, it only asks to wait. Events that follow from a call inside the
program come in the next tick, not within the call. A source that is asked (`_read`) is not asked again until it has
pushed something.

To make a stream, subclass and write the underscore methods, or give functions to the constructor; these are called as
methods are, with the stream first: `Transform(transform=lambda self, chunk, callback: callback(None, chunk.upper()))`.
Sizes are in bytes, in characters after `set_encoding`, or in objects in `object_mode`.
"""

from .base import DEFAULT_HIGH_WATER_MARK, DEFAULT_OBJECT_HIGH_WATER_MARK, Stream, StreamError
from .duplex import Duplex, PassThrough, Transform
from .end_of_stream import finished
from .pipeline import pipeline
from .readable import Readable
from .writable import Writable

__all__ = [
    "DEFAULT_HIGH_WATER_MARK", "DEFAULT_OBJECT_HIGH_WATER_MARK", "Duplex", "PassThrough", "Readable", "Stream",
    "StreamError", "Transform", "Writable", "finished", "pipeline",
]

