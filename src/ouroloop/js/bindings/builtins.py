"""builtins: the core modules that are not in the snapshot."""

from __future__ import annotations

from ..snapshot import source

OPERATIONS = {"source": source}
"""For `internal/bootstrap/realm`."""
