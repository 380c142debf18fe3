"""Areas: which part of Node a test file is about, told from its name.

The first rule that matches wins, so the narrow ones come first: `test-stream-readline…` is a stream's, not readline's.
"""

from __future__ import annotations

import re

_RULES = [
    ("next-tick", r"next-tick|tick-|process-next-tick|microtask-queue|queue-microtask|enqueue-microtask"),
    ("immediates", r"timers-immediate|timers-clear-immediate|timers-process-tampering|immediate"),
    ("timers", r"timers?(-|$)|set-?timeout|set-?interval|set-incoming|uv-loop-idle-time"),
    ("promises", r"promises?-|unhandled|no-unhandled|await|util-promisify|microtask"),
    ("async-hooks", r"async-|als-|emit-before-after|trace-async|no-async|without-async|promise-hook|domain-async-id"),
    ("diagnostics", r"diagnostics?-|perf-hooks|performance|trace-|tracing|heap|v8-|eventloop|cpu-prof|report-"),
    ("events", r"events?(-|$)|eventtarget|event-?source|abort|aborted|whatwg-events|customevent|domexception"),
    ("webstreams", r"whatwg-(webstreams|readable|writable|transform)|webstreams?|readable-?stream-|compression-"),
    ("readline", r"readline"),
    ("stream", r"stream|readable|writable|duplex|transform|pipeline|wrap-js-stream|fastutf8stream|js-stream"),
    ("string-decoder", r"string-decoder|stringdecoder"),
    ("buffer", r"buffer|blob|file($|\.)|file-(?!write)|atob|btoa|zero-fill|arraybuffer|sharedarraybuffer|utf8-"),
    ("encoding", r"whatwg-encoding|encoding|textdecoder|text-?encoder|icu|intl|unicode|punycode|tz-"),
    ("path", r"path($|-)|win32-path"),
    ("url", r"url|whatwg-url|querystring|urlpattern|legacy-url"),
    ("fs", r"fs($|-)|file-(read|write)|filehandle|watch-file|glob|statfs|cwd-enoent|readfile|stat-watcher|vfs"),
    ("assert", r"assert"),
    ("util", r"util($|-)|parse-args|mime|styletext|sys|inspect-|structuredclone|structured-clone|weakref|errors?-"),
    ("console", r"console"),
    ("vm", r"vm($|-)|shadow-realm|script|context"),
    ("worker", r"worker|broadcastchannel|message(channel|port)|web-?locks?|messaging"),
    ("cluster", r"cluster|listen-fd"),
    ("child-process", r"child-|spawn|exec|stdio-pipe|fork|kill"),
    ("dgram", r"dgram|udp"),
    ("dns", r"dns|c-ares|resolve-host"),
    ("http2", r"http2"),
    ("https", r"https"),
    ("tls", r"tls|ssl|openssl"),
    ("websocket", r"websocket"),
    ("fetch", r"fetch|undici|formdata|headers"),
    ("http", r"http|header|outgoing|client-|pipe-|parser"),
    ("quic", r"quic"),
    ("net", r"net($|-)|tcp|socket|blocklist|pipe|server-|socketaddress|autoselectfamily"),
    ("zlib", r"zlib|brotli|zstd"),
    ("crypto", r"crypto|webcrypto|x509"),
    ("sqlite", r"sqlite|webstorage"),
    ("test-runner", r"runner|test-"),
    ("repl", r"repl"),
    ("debugger", r"inspector|debugger|debug-|inspect"),
    ("permission", r"permission"),
    ("domain", r"domain"),
    ("snapshot", r"snapshot|sea-|single-executable"),
    ("module", r"module|require|esm|import|cjs|commonjs|loader?|compile|source-map|preload|symlink|eval|strip|find-"),
    ("process", r"process|signal|exit|uncaught|exception|env|stdin|stdout|stderr|warn|beforeexit|umask|memory|title|abort"),
    ("process", r"cli-|options|dotenv|node-|cwd|tty|handle|ref-|unref|release|deprecat|emit-|throw|double|on-|promise"),
    ("os", r"os($|-)"),
    ("globals", r"global|navigator|gc-|weak|intrinsics|temporal|wasm|internal"),
]
_COMPILED = [(area, re.compile(rf"(?:{pattern})")) for area, pattern in _RULES]
_FOLDERS = {"es-module": "module", "async-hooks": "async-hooks", "module-hooks": "module"}

AREAS = list(dict.fromkeys([area for area, _ in _RULES] + ["other"]))


def area(name: str) -> str:
    """The area of a test such as `parallel/test-fs-stat.js`."""
    folder, _, file = name.rpartition("/")
    if folder in _FOLDERS:
        return _FOLDERS[folder]
    subject = re.sub(r"\.[cm]?js$", "", file.lower()).removeprefix("test-")
    return next((found for found, pattern in _COMPILED if pattern.match(subject)), "other")
