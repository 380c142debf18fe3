"""`python -m ouroloop` is `ouro`."""

import os
import sys

if not sys.flags.safe_path:
    # Python has put the working folder there: a program's files are not to stand in for Python's modules.
    sys.path[0] = os.path.dirname(sys.executable)  # as it is for `ouro`

from .js import bundle

bundle.install()

from .cli import main  # noqa: E402

sys.exit(main())
