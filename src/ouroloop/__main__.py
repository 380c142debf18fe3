"""`python -m ouroloop` is `ouro`."""

import sys

from .js import bundle

bundle.install()

from .cli import main  # noqa: E402

sys.exit(main())
