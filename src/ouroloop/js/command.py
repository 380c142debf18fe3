"""The command `ouro` for JavaScript: from the options to the exit code."""

from __future__ import annotations

import os
import signal
import sys
from typing import NoReturn

from . import engine
from .options import Options
from .runtime import Runtime


def run(options: Options) -> NoReturn:
    """Run the program that the command line names, and end the process as it says."""
    # A program that does not listen for SIGINT is ended by it at once, even while it is busy.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    if options.v8_flags:
        engine.load_natives()
        for flag in options.v8_flags:
            engine.set_flags(flag)
    argv = [sys.executable if not os.path.isabs(sys.argv[0]) else sys.argv[0], *options.arguments]
    runtime = Runtime(argv, options.exec_argv, options.values)
    runtime.end(runtime.run())
