"""Inside: which files the user's code reads and which folders it lists, told by the interpreter's audit events.

What a history builds depends on more than its revisions: SQL files beside them, models that they import, data that they
load. Whoever keeps what was built needs to know when it is out of date.
"""

from __future__ import annotations

import importlib
import os
import sys
from importlib.util import source_from_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.environment.inside import Inside

_OURS = str(Path(__file__).resolve().parent.parent) + os.sep
# What belongs to the machine or to an installed package; a change of those shows in their versions.
_NOT_THE_USERS = (
    _OURS,
    str(Path(os.__file__).resolve().parent) + os.sep,
    *(f"{root}{os.sep}" for root in ("/proc", "/sys", "/dev", "/etc", "/usr/share", "/usr/lib")),
)
_PACKAGES = tuple(f"{os.sep}{name}{os.sep}" for name in ("site-packages", "dist-packages"))
_IMPORT_SYSTEM = ("<frozen importlib", os.path.dirname(importlib.__file__) + os.sep)  # noqa: PTH120  # as frames have it


class Opened:
    """Notes what is read in this interpreter from now on, for as long as it lives."""

    def __init__(self) -> None:
        self._files: dict[str, None] = {}
        self._folders: dict[str, None] = {}
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, mode, flags = arguments
            reads = mode.startswith(("r", "U")) if isinstance(mode, str) else flags & os.O_ACCMODE == os.O_RDONLY
            if reads:
                self._note(self._files, path)
        elif event in ("os.listdir", "os.scandir") and not _is_importing(sys._getframe(1).f_code.co_filename):
            self._note(self._folders, arguments[0])

    def _note(self, noted: dict[str, None], path: object) -> None:
        if path is None:
            path = "."  # what os.listdir() says of the working directory
        if isinstance(path, (str, bytes, os.PathLike)):
            noted[os.path.abspath(os.fsdecode(path))] = None  # noqa: PTH100  # as cheap as can be: it is called often

    def files(self) -> list[str]:
        """The user's files that were read, sources in the place of compiled ones."""
        return sorted({_source(path) for path in self._files if _is_users(path)})

    def folders(self) -> list[str]:
        """The user's folders that were listed."""
        return sorted(path for path in self._folders if _is_users(path))


def read_files(inside: Inside) -> dict[str, list[str]]:
    """What the user's code has read so far, as absolute paths."""
    return {"files": inside.opened.files(), "folders": inside.opened.folders()}


def _is_importing(filename: str) -> bool:
    """Whether this is the import system, which lists every folder on its way to find a module or an entry point."""
    return filename.startswith(_IMPORT_SYSTEM)


def _is_users(path: str) -> bool:
    return not path.startswith(_NOT_THE_USERS) and not any(part in path for part in _PACKAGES)


def _source(path: str) -> str:
    if not path.endswith(".pyc"):
        return path
    try:
        return source_from_cache(path)
    except ValueError:
        return path
