"""`python -m ouroloop` is `ouro`."""

import sys

from .cli import main

sys.exit(main())
