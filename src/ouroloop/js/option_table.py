"""The options there are: Node's, by what they take, what they are when nothing is said, and who may give them.

Theory of operation. These are facts, without code. An option that does something here has its entry in one of the
first four tables, and JavaScript finds its value by its name. Options whose work makes no difference here (a cipher
list, what V8 prints for profilers) are idle: they are read and forgotten, so that scripts which pass them work. Those
whose work a person would miss are absent: they are refused.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(f"--{name}" for name in text.split())


SHORT = {
    "-C": "--conditions",
    "-c": "--check",
    "-e": "--eval",
    "-h": "--help",
    "-i": "--interactive",
    "-p": "--print",
    "-r": "--require",
    "-v": "--version",
}

ALIASES = {
    "--debug-port": "--inspect-port",
    "--enable-network-family-autoselection": "--network-family-autoselection",
    "--es-module-specifier-resolution": "--experimental-specifier-resolution",
    "--experimental-require-module": "--require-module",
    "--experimental-strip-types": "--strip-types",
    "--experimental-test-isolation": "--test-isolation",
    "--loader": "--experimental-loader",
    "--report-directory": "--report-dir",
    "--security-reverts": "--security-revert",
}

SWITCHES = {
    # The program
    "--check": False,
    "--print": False,
    # Modules
    "--addons": True,
    "--enable-source-maps": False,
    "--entry-url": False,
    "--experimental-detect-module": True,
    "--experimental-import-meta-resolve": False,
    "--experimental-print-required-tla": False,
    "--global-search-paths": True,
    "--preserve-symlinks": False,
    "--preserve-symlinks-main": False,
    "--require-module": True,
    # Warnings and errors
    "--deprecation": True,
    "--pending-deprecation": False,
    "--throw-deprecation": False,
    "--trace-deprecation": False,
    "--trace-env": False,
    "--trace-env-js-stack": False,
    "--trace-exit": False,
    "--trace-uncaught": False,
    "--trace-warnings": False,
    "--warnings": True,
    # Permissions
    "--allow-addons": False,
    "--allow-child-process": False,
    "--allow-inspector": False,
    "--allow-net": False,
    "--allow-openssl-store": False,
    "--allow-wasi": False,
    "--allow-worker": False,
    "--permission": False,
    # Reports
    "--report-compact": False,
    "--report-exclude-env": False,
    "--report-exclude-network": False,
    "--report-on-signal": False,
    "--report-uncaught-exception": False,
    # Globals
    "--experimental-eventsource": False,
    "--experimental-global-navigator": True,
    "--experimental-websocket": True,
    # HTTP
    "--insecure-http-parser": False,
    # Watching
    "--watch": False,
    "--watch-preserve-output": False,
    # Of `ouro` itself
    "--completion-bash": False,
    "--help": False,
    "--v8-options": False,
    "--log": False,
    "--version": False,
    "--watch-loop": False,
}
"""Options without a value: whether they are on when nothing is said. `--no-NAME` turns them off."""

TEXTS: dict[str, str | None] = {
    "--disable-proto": "",
    "--eval": None,
    "--input-type": "",
    "--inspect-port": None,
    "--max-old-space-size-percentage": "",
    "--redirect-warnings": "",
    "--report-dir": "",
    "--report-filename": "",
    "--report-signal": "SIGUSR2",
    "--run": None,
    "--test-isolation": "process",
    "--title": "",
    "--trace-event-categories": "",
    "--trace-event-file-pattern": "",
    "--trace-require-module": None,
    "--unhandled-rejections": "",
    "--watch-kill-signal": "SIGTERM",
}
"""Options with one value; None: there is none when nothing is said."""

NUMBERS = {
    "--heapsnapshot-near-heap-limit": 0,
    "--max-http-header-size": 16384,
    "--secure-heap": 0,
    "--secure-heap-min": 2,
}
"""Options with a number."""

LISTS = _names("""
    allow-fs-read allow-fs-write conditions disable-warning env-file env-file-if-exists experimental-loader import
    require security-revert test-name-pattern test-reporter test-reporter-destination test-skip-pattern watch-path
""")
"""Options that may be given many times, with one value each time."""

IDLE_SWITCHES = _names("""
    async-context-frame
    debug-arraybuffer-allocations disable-sigusr1 disable-wasm-trap-handler enable-fips experimental-addon-modules
    experimental-import-text experimental-inspector-network-resource
    experimental-network-inspection experimental-repl-await experimental-shadow-realm experimental-sqlite
    experimental-storage-inspection experimental-stream-iter experimental-test-coverage experimental-test-module-mocks
    experimental-vm-modules experimental-webstorage experimental-worker-inspection
    expose-internals extra-info-on-fatal-exception force-async-hooks-checks force-context-aware force-fips
    force-node-api-uncaught-exceptions-policy network-family-autoselection node-snapshot
    openssl-legacy-provider openssl-shared-config strip-types test-force-exit test-only test-randomize
    test-update-snapshots tls-max-v1.2 tls-max-v1.3 tls-min-v1.0 tls-min-v1.1 tls-min-v1.2 tls-min-v1.3
    track-heap-objects
    use-bundled-ca use-env-proxy use-openssl-ca use-system-ca verify-base-objects zero-fill-buffers
""")

IDLE_TEXTS = _names("""
    build-snapshot-config cpu-prof-dir cpu-prof-interval cpu-prof-name diagnostic-dir dns-result-order
    experimental-package-map experimental-specifier-resolution experimental-test-tag-filter heap-prof-dir
    heap-prof-interval heap-prof-name icu-data-dir inspect-publish-uid localstorage-file
    network-family-autoselection-attempt-timeout openssl-config test-concurrency test-coverage-branches
    test-coverage-exclude test-coverage-functions test-coverage-include test-coverage-lines test-global-setup
    test-random-seed test-rerun-failures test-shard test-timeout tls-cipher-list tls-keylog
    use-largepages v8-pool-size
""")

HISTORIC = _names("""
    experimental-abortcontroller experimental-fetch experimental-global-customevent experimental-global-webcrypto
    experimental-json-modules experimental-modules experimental-quic experimental-report experimental-top-level-await
    experimental-wasi-unstable-preview1 experimental-wasm-modules experimental-worker http-parser napi-modules
    node-memory-debug trace-events-enabled
""")
"""What Node once had, and still accepts. They cannot be negated."""

ABSENT = _names("""
    build-snapshot cpu-prof experimental-config-file experimental-default-config-file
    experimental-sea-config experimental-transform-types frozen-intrinsics heap-prof
    heapsnapshot-signal inspect inspect-brk inspect-wait interactive permission-audit prof prof-process
    report-on-fatalerror snapshot-blob test trace-env-native-stack trace-promises trace-sigint trace-sync-io trace-tls
""")
"""What is not in this version. To turn it off is no error."""

INSTEAD = {"--test": "run each test file as a program", "--interactive": "there is no prompt; -p CODE prints a result"}
"""What to do in place of what is not there."""

V8_IN_ENVIRONMENT = _names("""
    abort-on-uncaught-exception disallow-code-generation-from-strings enable-etw-stack-walking expose-gc
    interpreted-frames-native-stack jitless max-heap-size max-old-space-size max-semi-space-size perf-basic-prof
    perf-basic-prof-only-functions perf-prof perf-prof-unwinding-info stack-trace-limit
""")
"""V8's own options that NODE_OPTIONS may have."""

NOT_IN_ENVIRONMENT = _names("""
    build-snapshot build-snapshot-config check completion-bash env-file env-file-if-exists eval
    experimental-config-file experimental-default-config-file experimental-inspector-network-resource
    experimental-network-inspection experimental-sea-config experimental-storage-inspection experimental-test-coverage
    experimental-test-module-mocks experimental-test-tag-filter experimental-worker-inspection expose-internals help
    interactive log print prof run security-revert test test-concurrency test-force-exit test-timeout
    test-update-snapshots v8-options version watch-loop
""")
"""What NODE_OPTIONS may not have."""

ALLOWED_VALUES = {
    "--input-type": (
        ("", "commonjs", "module", "commonjs-typescript", "module-typescript"),
        '--input-type must be "module","commonjs", "module-typescript" or "commonjs-typescript"',
    ),
    "--trace-require-module": (("all", "no-node-modules"), "invalid value for --trace-require-module"),
    "--unhandled-rejections": (
        ("", "none", "strict", "throw", "warn", "warn-with-error-code"), "invalid value for --unhandled-rejections",
    ),
}

ENVIRONMENT_SWITCHES = {
    "NODE_PENDING_DEPRECATION": "--pending-deprecation", "NODE_PRESERVE_SYMLINKS": "--preserve-symlinks",
    "NODE_PRESERVE_SYMLINKS_MAIN": "--preserve-symlinks-main",
}
"""Variables that turn an option on when they are 1."""

EXCLUSIVE = (
    ("--check", "--eval"), ("--watch", "--check"), ("--watch", "--eval"), ("--watch", "--test-force-exit"),
    ("--tls-min-v1.3", "--tls-max-v1.2"), ("--use-openssl-ca", "--use-bundled-ca"),
)
"""Pairs of which only one can be used."""

NEEDS = {
    "--cpu-prof-dir": "--cpu-prof", "--cpu-prof-interval": "--cpu-prof", "--cpu-prof-name": "--cpu-prof",
    "--heap-prof-dir": "--heap-prof", "--heap-prof-interval": "--heap-prof", "--heap-prof-name": "--heap-prof",
}
"""What makes no sense without another option."""
