"""Operations on whole trees: `mkdir` with parents, `rm`, `cp`.

Theory of operation. A tree is one job on the pool, however large: its steps follow one another anyway. Only a filter
given to `cp` is the program's own code and must run in the loop: there the job pauses and asks, and a next one goes on.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat as _stat
import time
from collections.abc import Callable, Generator
from typing import Any

from ...loop import error
from ...loop import fs as loop_fs
from ...loop.fs import Path
from .. import environment
from ..environment import require_callable
from ..promise import Promise
from .asynchronous import asynchronous, checked, require_path

_WORTH_A_RETRY = frozenset({errno.EBUSY, errno.EMFILE, errno.ENFILE, errno.ENOTEMPTY, errno.EPERM})

Filter = Callable[[Any, Any], Any]


@checked
def mkdir_sync(path: Path, mode: int = 0o777, *, recursive: bool = False) -> Any:
    """Make a directory. With `recursive` its parents too, and it may be there already.

    The result, with `recursive`, is the path of the first directory that was made, None when there was nothing to do.
    """
    if not recursive:
        return loop_fs.mkdir(path, mode)
    return _make_all(os.path.abspath(path), mode)


def _make_all(path: Any, mode: int) -> Any:
    """Upwards until a directory can be made, then down again."""
    missing: list[Any] = []
    at = path
    first = None
    while True:
        try:
            os.mkdir(at, mode)
        except FileNotFoundError:
            parent = os.path.dirname(at)
            if parent == at:
                raise
            missing.append(at)
            at = parent
            continue
        except FileExistsError as exc:
            if not os.path.isdir(at):
                if missing:
                    raise error(errno.ENOTDIR, path) from exc
                raise
        else:
            first = first or at
        if not missing:
            return first
        at = missing.pop()


@checked
def rm_sync(
    path: Path, *, force: bool = False, recursive: bool = False, max_retries: int = 0, retry_delay: int = 100
) -> None:
    """Remove a file, or with `recursive` a directory with all that is in it. Symbolic links are not followed.

    With `force` it may be gone already. Where the system says busy, it is tried `max_retries` times more, each time
    after `retry_delay` ms more than before.
    """
    for retry in range(1, max_retries + 2):
        try:
            return _remove(path, recursive)
        except FileNotFoundError:
            if force:
                return None
            raise
        except OSError as exc:
            if retry > max_retries or exc.errno not in _WORTH_A_RETRY:
                raise
        time.sleep(retry * retry_delay / 1000)
    return None


def _remove(path: Path, recursive: bool) -> None:
    if not _stat.S_ISDIR(os.lstat(path).st_mode):
        os.unlink(path)
    elif recursive:
        shutil.rmtree(path)
    else:
        raise OSError(errno.EISDIR, "Is a directory; recursive=True removes it with all that is in it", os.fspath(path))


mkdir = asynchronous(mkdir_sync)
rm = asynchronous(rm_sync)


# Copying


class _Copy:
    """A copy under way. Its methods are generators that yield (source, destination) to ask the filter."""

    def __init__(
        self, recursive: bool, force: bool, error_on_exist: bool, dereference: bool, preserve_timestamps: bool,
        verbatim_symlinks: bool, mode: int, asking: bool,
    ) -> None:
        self.recursive = recursive
        self.force = force
        self.error_on_exist = error_on_exist
        self.stat = os.stat if dereference else os.lstat
        self.preserve_timestamps = preserve_timestamps
        self.verbatim_symlinks = verbatim_symlinks
        self.mode = mode
        self.asking = asking

    def run(self, source: Any, destination: Any) -> Generator[tuple[Any, Any], Any, None]:
        if self.asking and not (yield source, destination):
            return
        info = self.stat(source)
        if _stat.S_ISDIR(info.st_mode) and self.recursive:
            _require_outside(source, destination)
        parent = os.path.dirname(os.path.abspath(destination))
        os.makedirs(parent, exist_ok=True)
        yield from self._copy(source, destination, info)

    def _copy(self, source: Any, destination: Any, info: os.stat_result) -> Generator[tuple[Any, Any], Any, None]:
        try:
            there = self.stat(destination)
        except FileNotFoundError:
            there = None
        _require_same_kind(source, destination, info, there)
        if _stat.S_ISDIR(info.st_mode):
            yield from self._copy_directory(source, destination, info, there)
        elif _stat.S_ISREG(info.st_mode) or _stat.S_ISCHR(info.st_mode) or _stat.S_ISBLK(info.st_mode):
            self._copy_file(source, destination, info, there)
        elif _stat.S_ISLNK(info.st_mode):
            self._copy_link(source, destination, there)
        else:
            raise OSError(errno.EINVAL, "cannot copy a socket, a FIFO or the like", source)

    def _copy_directory(
        self, source: Any, destination: Any, info: os.stat_result, there: os.stat_result | None
    ) -> Generator[tuple[Any, Any], Any, None]:
        if not self.recursive:
            raise OSError(errno.EISDIR, "Is a directory; recursive=True copies it", source)
        if there is None:
            os.mkdir(destination)
        for name in loop_fs.readdir_names(source):
            below, to = os.path.join(source, name), os.path.join(destination, name)
            if not self.asking or (yield below, to):
                yield from self._copy(below, to, self.stat(below))
        if there is None:
            os.chmod(destination, _stat.S_IMODE(info.st_mode))

    def _copy_file(
        self, source: Any, destination: Any, info: os.stat_result, there: os.stat_result | None
    ) -> None:
        if there is not None and not self._make_room(destination):
            return
        loop_fs.copyfile(source, destination, self.mode)
        if self.preserve_timestamps:
            os.utime(destination, ns=(info.st_atime_ns, info.st_mtime_ns))

    def _copy_link(self, source: Any, destination: Any, there: os.stat_result | None) -> None:
        target = os.readlink(source)
        if not self.verbatim_symlinks and not os.path.isabs(target):
            target = os.path.join(os.path.dirname(os.path.abspath(source)), target)
        if there is None or self._make_room(destination):
            os.symlink(target, destination)

    def _make_room(self, destination: Any) -> bool:
        """What is there already goes, or stays: then False. Raises EEXIST if that was asked for."""
        if self.force:
            os.unlink(destination)
        elif self.error_on_exist:
            raise error(errno.EEXIST, destination)
        return self.force


def _require_same_kind(source: Any, destination: Any, info: os.stat_result, there: os.stat_result | None) -> None:
    if there is None:
        return
    if os.path.samestat(info, there):
        raise OSError(errno.EINVAL, "source and destination are the same file", source, None, destination)
    if _stat.S_ISDIR(info.st_mode) and not _stat.S_ISDIR(there.st_mode):
        raise OSError(errno.ENOTDIR, "cannot copy a directory over what is not one", source, None, destination)
    if not _stat.S_ISDIR(info.st_mode) and _stat.S_ISDIR(there.st_mode):
        raise OSError(errno.EISDIR, "cannot copy over a directory what is not one", source, None, destination)


def _require_outside(source: Any, destination: Any) -> None:
    """A directory copied into itself would never end."""
    top, to = os.path.realpath(source), os.path.realpath(destination)
    if top != to and os.path.commonpath([top, to]) == top:
        raise OSError(errno.EINVAL, "cannot copy a directory into itself", source, None, destination)


@checked
def cp_sync(
    source: Path, destination: Path, *, recursive: bool = False, force: bool = True, error_on_exist: bool = False,
    dereference: bool = False, preserve_timestamps: bool = False, verbatim_symlinks: bool = False, mode: int = 0,
    filter: Filter | None = None,
) -> None:
    """Copy a file, or with `recursive` a directory with all that is in it, into what is there.

    Without `force`, files that exist stay, and are an error with `error_on_exist`. `dereference` copies what symbolic
    links point to. `filter(source, destination)` says whether to copy something; in a directory it leaves out, it is
    not asked further. `mode` is as for `copy_file`.
    """
    copy = _Copy(
        recursive, force, error_on_exist, dereference, preserve_timestamps, verbatim_symlinks, mode, filter is not None
    )
    steps = copy.run(os.fspath(source), os.fspath(destination))
    try:
        question = next(steps)
        while True:
            assert filter is not None
            question = steps.send(filter(*question))
    except StopIteration:
        return


def cp(
    source: Path, destination: Path, callback: Callable[..., object] | None = None, *, recursive: bool = False,
    force: bool = True, error_on_exist: bool = False, dereference: bool = False, preserve_timestamps: bool = False,
    verbatim_symlinks: bool = False, mode: int = 0, filter: Filter | None = None,
) -> Promise[None] | None:
    """`cp_sync` on the thread pool: `callback(error, None)`, or await it.

    The filter is called in the loop; it may be an `async def`.
    """
    require_path(source, "source")
    require_path(destination, "destination")
    if filter is not None:
        require_callable(filter)
    env = environment.current()
    deliver, promise = env.completion(callback)
    copy = _Copy(
        recursive, force, error_on_exist, dereference, preserve_timestamps, verbatim_symlinks, mode, filter is not None
    )
    steps = copy.run(os.fspath(source), os.fspath(destination))

    def step(answer: Any) -> None:
        loop_fs.submit(env.loop, answered, _advance, steps, answer)

    def answered(failure: BaseException | None, question: tuple[Any, Any] | None) -> None:
        if failure is not None or question is None:
            deliver(failure, None)
        else:
            env.make_callback(ask, question)

    def ask(question: tuple[Any, Any]) -> None:
        assert filter is not None
        try:
            Promise.resolve(filter(*question)).then(step, failed)
        except Exception as exc:
            failed(exc)

    def failed(failure: BaseException) -> None:
        env.loop.defer(deliver, failure, None)

    step(None)
    return promise


def _advance(steps: Generator[Any, Any, None], answer: Any) -> Any:
    """The next question, None at the end."""
    try:
        return steps.send(answer)
    except StopIteration:
        return None
