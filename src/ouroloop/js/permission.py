"""Permission: what a program may touch, as `--permission` and the options beside it say.

Theory of operation. One object knows the grants: for files a list of rules for reading and one for writing, for all
else whether it is granted. It only answers; who asks at each operation is `guards.py`. A rule is the path of a file, or
what a path must begin with: a `*` ends the text that counts, and a rule that names a folder is for all that is in it.
The program's own file and what `-r` names can be read without a rule.

What surprises people: paths are compared as text, after `.` and `..` were taken out of them; so a link that is there
already leads where it leads, whatever the rules say of that place. `resolve` gives the very text that was compared, for
the operation to use.

And what this runtime itself runs, its modules and its cache, is not to be written by a program that may write in the
folder which holds them (a project with its virtual environment): that would be a way to do everything. Only who may
write all files may write those.

Source: Node's documentation, "Permissions". Its version 24 lets every program use the network; here, as in
version 25, that is one more grant (`--allow-net`).
"""

from __future__ import annotations

import os
import sys

from . import cache, engine

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

READ, WRITE, FILES = "FileSystemRead", "FileSystemWrite", "FileSystem"
CHILD, NET = "ChildProcess", "Net"

SCOPES = {
    "fs": FILES, "fs.read": READ, "fs.write": WRITE, "child": CHILD, "worker": "WorkerThreads",
    "inspector": "Inspector", "wasi": "WASI", "addon": "Addon", "net": NET,
}
"""What `process.permission.has` calls a scope, and what errors call it."""

OPTIONS = {
    "--allow-addons": "Addon", "--allow-child-process": CHILD, "--allow-inspector": "Inspector", "--allow-net": NET,
    "--allow-wasi": "WASI", "--allow-worker": "WorkerThreads",
}
"""The options that grant a whole scope."""

_EVERYTHING = "*"


class _Rules:
    """Which files: all, or those that the rules name."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.all = _EVERYTHING in texts
        self._rules = [_rule(text) for text in texts if text != _EVERYTHING]

    def allow(self, path: bytes) -> bool:
        """Whether a path that `resolve` gave is granted."""
        return self.all or any(_matches(rule, path) for rule in self._rules)

    def add(self, text: str) -> None:
        self._rules.append(_rule(text))

    def remove(self, text: str | None) -> None:
        """Take back one rule; without one, all. From "everything", only everything can be taken."""
        if text is None:
            self.all, self._rules = False, []
        else:
            rule = _rule(text)
            self._rules = [each for each in self._rules if each != rule]


def _rule(text: str) -> bytes:
    """An absolute path, or one that ends in `*`."""
    start, star, _ = text.partition("*")
    if star:
        # What stands before the star is a text, not a path: "dir/*" and "dir*" differ.
        folder, slash, name = start.rpartition("/")
        return os.path.join(resolve(folder + slash or "."), os.fsencode(name)) + b"*"
    path = resolve(text)
    return _all_in(path) if os.path.isdir(path) else path


def _matches(rule: bytes, path: bytes) -> bool:
    if not rule.endswith(b"*"):
        return path == rule
    start = rule[:-1]
    return path.startswith(start) or (start.endswith(b"/") and path == start[:-1])


def resolve(path: str | bytes) -> bytes:
    """The absolute path that a path stands for, by its text alone."""
    name = os.fsencode(path)
    if not name.startswith(b"/"):
        name = os.path.join(os.getcwdb(), name)
    name = os.path.normpath(name)
    return name[1:] if name.startswith(b"//") else name


_INSTALLATION = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


def _of_runtime() -> list[bytes]:
    """The folders from which this process runs what is not the program's."""
    folders = {
        cache.folder(), _INSTALLATION, engine.installed_in(), os.path.dirname(os.__file__),
        os.path.dirname(sys.executable),
    }
    return [os.path.realpath(resolve(folder)) for folder in sorted(folders)]


def _all_in(folder: bytes) -> bytes:
    return os.path.join(folder, b"*")


def _lies_in_runtime(path: bytes) -> bool:
    place = os.path.realpath(path)
    return any(_matches(_all_in(folder), place) for folder in _of_runtime())


def import_from_runtime() -> None:
    """Have Python look for modules nowhere but where the program can put none."""
    sys.path[:] = [entry for entry in sys.path if _lies_in_runtime(resolve(entry or "."))]


class Permission:
    """The grants of a program: `read` and `write` are rules for paths, `granted` the other scopes' names."""

    def __init__(self, read: Sequence[str] = (), write: Sequence[str] = (), granted: Sequence[str] = ()) -> None:
        self._files = {READ: _Rules(read), WRITE: _Rules(write)}
        self._granted = set(granted)
        self._flags = [
            *(f"--allow-fs-read={text}" for text in read), *(f"--allow-fs-write={text}" for text in write),
            *(option for option, scope in OPTIONS.items() if scope in granted),
        ]
        self.refusal: list[Any] | None = None
        """What was refused last, for JavaScript to tell of: see `guards.py`."""

    @classmethod
    def of_options(cls, values: dict[str, Any], program: str | None) -> Permission:
        """The grants of a command line; `program` is the file that it runs, if it is one."""
        made = cls(
            values.get("--allow-fs-read", ()), values.get("--allow-fs-write", ()),
            [scope for option, scope in OPTIONS.items() if values.get(option)])
        for path in (*([program] if program else ()), *values.get("--require", ())):
            made._files[READ].add(path)
        return made

    @classmethod
    def of_scopes(cls, scopes: Mapping[str, Sequence[str] | bool]) -> Permission:
        """The grants by scope: for files a list of rules, for all else True; files too, for all of them.

        Raises `ValueError` for a scope that does not exist, `TypeError` for a grant that is none.
        """
        rules: dict[str, Sequence[str]] = {READ: (), WRITE: ()}
        granted = []
        for scope, grant in scopes.items():
            name = SCOPES.get(scope)
            if name is None:
                raise ValueError(f"there is no scope {scope!r}; there are {', '.join(SCOPES)}")
            files = (READ, WRITE) if name == FILES else (name,) if name in rules else ()
            if isinstance(grant, bool):
                rules.update(dict.fromkeys(files, (_EVERYTHING,) if grant else ()))
                granted += [name] if grant and not files else []
            elif files and not isinstance(grant, str) and all(isinstance(text, str) for text in grant):
                rules.update(dict.fromkeys(files, grant))
            else:
                raise TypeError(f"{scope!r} takes {'a list of paths, or True' if files else 'True or False'}")
        return cls(rules[READ], rules[WRITE], granted)

    def has(self, scope: str, reference: str | bytes | None = None) -> bool:
        """Whether `scope` (as errors call it) is granted: for a file, or altogether."""
        if scope == FILES:  # of any file: only who may do all with all files
            return self._files[READ].all and self._files[WRITE].all
        rules = self._files.get(scope)
        if rules is None:
            return scope in self._granted
        if reference is None:
            return rules.all
        if not reference:
            return False
        path = resolve(reference)
        return rules.allow(path) and (scope != WRITE or rules.all or not _lies_in_runtime(path))

    def may_move(self, path: str | bytes) -> bool:
        """Whether another file may be put in the place of `path`, which can be written: nothing of the runtime's is in
        it.
        """
        place = os.path.realpath(resolve(path))
        return self._files[WRITE].all or not any(_matches(_all_in(place), folder) for folder in _of_runtime())

    def drop(self, scope: str, reference: str | None = None) -> None:
        """Take a grant back, for good: a rule for files, or with no `reference` all of a scope."""
        for each in (READ, WRITE) if scope == FILES else (scope,):
            rules = self._files.get(each)
            if rules is not None:
                rules.remove(reference)
            else:
                self._granted.discard(each)

    def for_child(self, args: list[str], variables: dict[str, str]) -> dict[str, str]:
        """The environment of a child, which may do no more than its parent if it is such a program too.

        Unless its own arguments or options speak of permission.
        """
        given = variables.get("NODE_OPTIONS", "")
        if "--permission" in args or "--permission" in given.split():
            return variables
        options = " ".join([*([given] if given else []), "--permission", *map(_quoted, self._flags)])
        return {**variables, "NODE_OPTIONS": options}


def _quoted(option: str) -> str:
    """An option as NODE_OPTIONS has it: between quotes, if there are blanks in it."""
    if not any(character in option for character in ' "\\'):
        return option
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
