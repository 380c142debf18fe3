"""Kinds: what a run is, in a word.

Theory of operation. Async hooks have a name for what each resource is ("TCPSERVERWRAP"); a kind is the word that people
use for its runs ("server"), and is what rules and colours go by. A resource of a name that is not known here is the
program's own.

What surprises people: a handle's closing callback is of the kind "closing", and a timer that repeats an "interval",
whatever the name of the resource says; `assembly.py` sees to these.
"""

from __future__ import annotations

KINDS = (
    "main", "timer", "interval", "immediate", "tick", "microtask", "await", "rejection", "file", "dns", "crypto",
    "zlib", "work", "server", "socket", "pipe", "http", "udp", "process", "signal", "watcher", "closing", "message",
    "resource", "exit",
)
"""What a run is, in a word. "await" is a promise's reaction, `then` too; "resource" the program's own AsyncResource."""

_KINDS = {
    "Timeout": "timer", "Immediate": "immediate", "TickObject": "tick", "PROMISE": "await", "Microtask": "microtask",
    "TCPSERVERWRAP": "server", "PIPESERVERWRAP": "server", "TCPWRAP": "socket", "TCPCONNECTWRAP": "socket",
    "WRITEWRAP": "socket", "SHUTDOWNWRAP": "socket", "TLSWRAP": "socket", "PIPEWRAP": "pipe", "PIPECONNECTWRAP": "pipe",
    "TTYWRAP": "pipe", "UDPWRAP": "udp", "UDPSENDWRAP": "udp", "PROCESSWRAP": "process", "SIGNALWRAP": "signal",
    "FSEVENTWRAP": "watcher", "STATWATCHER": "watcher", "ZLIB": "zlib", "MESSAGEPORT": "message",
    "MESSAGECHANNEL": "message", "Worker": "message",
    "beforeExit": "exit", "exit": "exit", "unhandledRejection": "rejection", "rejectionHandled": "rejection",
}
_KINDS_BY_BEGINNING = {
    "FSREQ": "file", "FILEHANDLE": "file", "DIRHANDLE": "file", "GETADDRINFO": "dns", "GETNAMEINFO": "dns",
    "QUERYWRAP": "dns", "HTTP": "http", "PBKDF2": "crypto", "RANDOM": "crypto", "SCRYPT": "crypto", "KEYPAIR": "crypto",
    "SIGNREQ": "crypto", "CHECKPRIME": "crypto", "DERIVEBITS": "crypto", "CRYPTO": "crypto", "WORK": "work",
}
DRAINED = frozenset(("tick", "microtask", "await", "rejection"))
"""Kinds that are not called by the loop: they are drained after what it called, or told once all was drained."""


def kind_of(type: str) -> str:
    """What a resource's runs are, in a word, by what async hooks call it."""
    known = _KINDS.get(type)
    if known is not None:
        return known
    return next((kind for start, kind in _KINDS_BY_BEGINNING.items() if type.startswith(start)), "resource")
