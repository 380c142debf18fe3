"""options: what NODE_OPTIONS may say. (What the command line did say is told at start-up.)"""

from __future__ import annotations

from ..options import allowed_in_environment

OPERATIONS = {"allowedInEnvironment": allowed_in_environment}
"""For `internal/process/object`."""
