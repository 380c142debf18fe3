"""Areas: which part of Node a test file is about, told from its name.

The first rule that matches wins, so the narrow ones come first: `test-stream-readline…` is a stream's, not readline's.
"""

from __future__ import annotations

import re

_RULES = [
    ("next-tick", r"next-tick|process-next-tick|microtask-queue|queue-microtask"),
    ("immediates", r"timers-immediate|timers-clearimmediate|timers-setimmediate|timers-process-tampering"),
    ("timers", r"timers($|-)|primitive-timer"),
    ("promises", r"promises?-|unhandled-|util-promisify|primordials-promise"),
    ("async-hooks", r"async-|als-|asyncresource|eventemitter-asyncresource|emit-|trace-async|.*async-context-frame"),
    ("diagnostics", r"diagnostics?-|perf-|performance|tojson-perf|trace-|tracing-|heap|v8-|cpu-prof|report-|coverage"),
    ("events", r"events?-|event-?target|nodeeventtarget|eventsource|abort|domexception|whatwg-events"),
    ("webstreams", r"whatwg-(webstreams|readable|writable|transform)|webstreams?-|compression-"),
    ("readline", r"readline"),
    ("stream", r"stream|readable-|wrap-js-stream|js-stream|fastutf8stream|warn-stream"),
    ("buffer", r"buffer|blob|file$|btoa-|stringbytes"),
    ("encoding", r"whatwg-encoding|string-?decoder|icu-|intl|uni|bad-uni|punycode|tz-|datetime|utf8-|util-text"),
    ("path", r"path"),
    ("url", r"url|whatwg-url|querystring|data-url|fileurl"),
    ("fs", r"fs-|file-|filehandle|cwd-enoent|readfile|sync-|directory-import|vfs"),
    ("assert", r"assert"),
    ("util", r"util|parse-args|mime|sys$|structuredclone|weakref|errors?-|err-|diff|uv-|validators|inspect-address"),
    ("console", r"console"),
    ("vm", r"vm-|shadow-realm|script"),
    ("worker", r"worker|broadcastchannel|message|web-?lock|is-internal-thread|atomics"),
    ("cluster", r"cluster|listen-fd"),
    ("child-process", r"child-|spawn|stdio-|fork|dummy-stdio"),
    ("dgram", r"dgram|udp"),
    ("dns", r"dns|c-ares"),
    ("http2", r"http2|h2"),
    ("https", r"https"),
    ("tls", r"tls|double-tls|warn-tls|ssl|openssl|strace-openat"),
    ("web", r"websocket|fetch|webstorage|sqlite"),
    ("http", r"http|outgoing|client-|set-http|set-incoming|write-header|max-http"),
    ("quic", r"quic"),
    ("net", r"net-|tcp|socket|blocklist|pipe|server-|destroy-socket|ttywrap|handle-wrap"),
    ("zlib", r"zlib"),
    ("crypto", r"crypto|webcrypto|x509|dsa-"),
    ("test-runner", r"runner|test-|watch-mode|node-run|node-output"),
    ("repl", r"repl|force-repl|eval"),
    ("debugger", r"inspect|debug"),
    ("permission", r"permission"),
    ("domain", r"domain"),
    ("snapshot", r"snapshot|sea-|single-executable|startup-|code-cache"),
    ("module", r"modules?|require|esm|import|cjs|find-|compile|source-map|preload|symlink|strip|.*-require|no-addons"),
    (
        "process",
        r"process|signal|uncaught|exception|env|stdin|stdout|warn|beforeexit|memory|cli-|options|dotenv|tty|ref-|release"
        r"|setproctitle|set-process|resource-usage|pending-deprecation|throw|sigint|exit|disable-|security|config",
    ),
    ("os", r"os-|os$"),
    ("globals", r"global|navigator|gc-|wasm|temporal|freeze-intrinsics|finalization|instanceof"),
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
