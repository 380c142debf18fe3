"""modules: the questions about folders and packages that resolving a module asks, each answered at once.

Theory of operation. To resolve a specifier, one looks for package.json files, in folders further and further up.
JavaScript asks for the outcome of such a walk with one operation, and keeps it.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MANIFEST = "package.json"
_FOLDER, _NOTHING = 1, -1


def read_package_json(path: str) -> str | None:
    """The text of a package.json; None if it cannot be read."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode("utf-8", "replace")
    except (OSError, ValueError):
        return None


def find_package_scope(folder: str) -> list[str] | None:
    """Path and text of the nearest package.json, from `folder` upwards; none is looked for beyond a node_modules."""
    for each in _upwards(folder):
        if each.endswith("node_modules"):
            return None
        path = os.path.join(each, _MANIFEST)
        text = read_package_json(path)
        if text is not None:
            return [path, text]
    return None


def find_package(folder: str, name: str) -> list[str | None] | None:
    """The folder of the package `name` as seen from `folder`, and the text of its package.json (None without one)."""
    for each in _upwards(folder):
        package = os.path.join(each, "node_modules", name)
        if os.path.isdir(package):
            return [package, read_package_json(os.path.join(package, _MANIFEST))]
    return None


def _upwards(folder: str) -> Iterator[str]:
    previous = None
    while folder != previous:
        yield folder
        previous, folder = folder, os.path.dirname(folder)


def real_file(path: str) -> str | int:
    """The file's path without symbolic links; 1 for a folder, -1 for nothing."""
    try:
        mode = os.stat(path).st_mode
        return _FOLDER if stat.S_ISDIR(mode) else os.path.realpath(path, strict=True)
    except (OSError, ValueError):
        return _NOTHING


def first_file(paths: list[str]) -> str | None:
    """The first of `paths` that is a file."""
    return next((path for path in paths if os.path.isfile(path)), None)


OPERATIONS = {
    "firstFile": first_file, "readPackageJSON": read_package_json, "findPackageScope": find_package_scope,
    "findPackage": find_package, "realFile": real_file,
}
