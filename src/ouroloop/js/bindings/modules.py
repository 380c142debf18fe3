"""modules: the questions about folders and packages that resolving a module asks, each answered at once.

Theory of operation. To resolve a specifier, one looks for package.json files, in folders further and further up.
JavaScript asks for the outcome of such a walk with one operation, and keeps it.
"""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MANIFEST = "package.json"
_FOLDER, _NOTHING = 1, -1


def read_package_json(path: str) -> str | None:
    """The text of a package.json; None if it cannot be read, "" (which is no JSON either) if it is no UTF-8."""
    try:
        with open(path, "rb", buffering=0) as file:
            return file.read().decode()
    except UnicodeDecodeError:
        return ""
    except (OSError, ValueError):
        return None


def find_package_scope(folder: str, may_read: Callable[[str], bool] | None = None) -> list[str] | None:
    """Path and text of the nearest package.json, from `folder` upwards.

    None is looked for beyond a node_modules, nor in a folder that may not be read, and beyond.
    """
    for each in _upwards(folder):
        if each.endswith("node_modules") or (may_read is not None and not may_read(each)):
            return None
        path = os.path.join(each, _MANIFEST)
        text = read_package_json(path)
        if text is not None:
            return [path, text]
    return None


def find_package(folder: str, name: str) -> list[str | None] | None:
    """The folder of the package `name` as seen from `folder`, and the text of its package.json (None without one)."""
    package = package_folder(folder, name)
    return None if package is None else [package, read_package_json(os.path.join(package, _MANIFEST))]


def package_folder(folder: str, name: str) -> str | None:
    """The folder of the package `name` as seen from `folder`."""
    packages = (os.path.join(each, "node_modules", name) for each in _upwards(folder))
    return next((package for package in packages if os.path.isdir(package)), None)


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
    "firstFile": first_file, "readPackageJSON": read_package_json,
    "findPackageScope": lambda folder: find_package_scope(folder),
    "findPackage": find_package, "realFile": real_file,
}
