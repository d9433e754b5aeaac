"""Where the modules of a package lie: folders, namespace packages and zip files, walked without importing anything."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

# Folders that hold no module of the application, whatever is in them.
_NOT_CODE = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_TEST_FOLDER = re.compile(r"tests?|\w+_tests|tests_\w+")
_TEST_FILE = re.compile(r"test_.*|.*_test|conftest")
_TEST_CONTENT = re.compile(rb"^\s*(?:async )?def test_|^\s*class Test|\bimport (?:pytest|unittest)\b", re.MULTILINE)
_REVISION_CONTENT = re.compile(rb"^down_revision\b", re.MULTILINE)


@dataclass(frozen=True)
class Source:
    """One module's file: its dotted name and its path (in a zip: the archive's and the member's, joined by `/`)."""

    module: str
    path: str
    is_package: bool = False
    archive: str | None = None

    def read(self) -> bytes:
        """The file's content.

        Raises:
            OSError: it cannot be read.
        """
        if self.archive is None:
            return Path(self.path).read_bytes()
        with zipfile.ZipFile(self.archive) as archive:
            return archive.read(self.path[len(self.archive) + 1 :])


def walk_package(name: str, folders: Iterable[str], leave_out: Iterable[str] = ()) -> Iterator[Source]:
    """Every module below a package, tests and migration environments left out.

    Args:
        name: the package's dotted name.
        folders: its `__path__`; an entry may lie in a zip file.
        leave_out: absolute folders not to enter.
    """
    for folder in folders:
        archive = _archive_of(folder)
        if archive is not None:
            yield from _walk_archive(name, archive, folder[len(archive) + 1 :])
        elif Path(folder).is_dir():
            yield from _walk_folder(name, Path(folder), frozenset(leave_out))


def walk_root(folder: str, leave_out: Iterable[str] = ()) -> Iterator[Source]:
    """Every module that an entry of `sys.path` holds: its files, and its packages with an `__init__.py`."""
    archive = _archive_of(folder)
    if archive is not None:
        yield from _walk_archive("", archive, folder[len(archive) + 1 :])
        return
    base = Path(folder)
    for path in sorted(base.iterdir()) if base.is_dir() else ():
        if path.suffix == ".py" and path.stem.isidentifier():
            yield Source(path.stem, str(path))
        elif (path / "__init__.py").is_file() and _enter(path, frozenset(leave_out)):
            yield from _walk_folder(path.name, path, frozenset(leave_out))


def is_beside_the_application(source: Source, content: bytes) -> bool:
    """Whether a module is a test or a revision, whose models are no part of the application's."""
    stem = source.module.rpartition(".")[2]
    if stem == "conftest" or (_TEST_FILE.fullmatch(stem) and _TEST_CONTENT.search(content)):
        return True
    return _REVISION_CONTENT.search(content) is not None


def _walk_folder(name: str, folder: Path, leave_out: frozenset[str]) -> Iterator[Source]:
    if (folder / "__init__.py").is_file():
        yield Source(name, str(folder / "__init__.py"), is_package=True)
    for path in sorted(folder.iterdir()):
        if path.suffix == ".py":
            if path.stem.isidentifier() and path.stem not in ("__init__", "__main__"):
                yield Source(f"{name}.{path.stem}", str(path))
        elif path.is_dir() and _enter(path, leave_out):
            yield from _walk_folder(f"{name}.{path.name}", path, leave_out)


def _enter(folder: Path, leave_out: frozenset[str]) -> bool:
    if not folder.name.isidentifier() or folder.name in _NOT_CODE or _TEST_FOLDER.fullmatch(folder.name):
        return False
    if str(folder) in leave_out or (folder / "pyvenv.cfg").exists():
        return False
    return not ((folder / "env.py").is_file() and (folder / "script.py.mako").is_file())


def _archive_of(folder: str) -> str | None:
    """The zip file that a path lies in, or is; None if it is an ordinary one."""
    if Path(folder).is_dir():
        return None
    for candidate in (Path(folder), *Path(folder).parents):
        if candidate.is_file():
            return str(candidate) if zipfile.is_zipfile(candidate) else None
    return None


def _walk_archive(name: str, archive: str, inner: str) -> Iterator[Source]:
    prefix = inner.strip("/")
    for member in _members(archive):
        if prefix and not member.startswith(prefix + "/"):
            continue
        path = PurePosixPath(member[len(prefix) :].lstrip("/"))
        parts = list(path.with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        if is_package:
            parts.pop()
        dotted = [*([name] if name else []), *parts]
        if dotted and all(part.isidentifier() for part in parts) and not any(map(_TEST_FOLDER.fullmatch, parts[:-1])):
            yield Source(".".join(dotted), f"{archive}/{member}", is_package, archive)


@lru_cache(maxsize=8)
def _members(archive: str) -> tuple[str, ...]:
    with zipfile.ZipFile(archive) as opened:
        return tuple(
            sorted(name for name in opened.namelist() if name.endswith(".py") and not name.endswith("__main__.py"))
        )
