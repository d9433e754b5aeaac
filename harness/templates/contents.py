"""What decides what is in a template database: in a hash as far as it is known before, by name where it shows later.

The hash covers the revisions up to the one in question, `env.py`, the configuration, what the run is given (`-x`,
`--env`, the environment) and the versions of what runs it. Which other files the revisions read is known when they have
run; they are noted on the template with their contents' hashes, and looked at again before it is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness import __version__
from harness.environment import Project
from harness.templates.outline import Outline

_FORMAT = 1
_KEY_DIGITS = 20
_PACKAGES = ("alembic", "sqlalchemy")
# Variables of the terminal and of the test run, which differ between two runs that are the same.
_PASSING_VARIABLES = frozenset({"_", "SHLVL", "PWD", "OLDPWD", "COLUMNS", "LINES", "WINDOWID", "TERM"})
_PASSING_PREFIXES = ("PYTEST_", "XDG_", "SSH_", "COV_", "COVERAGE_")

Contents = Mapping[str, str | None]


def key_of(project: Project, outline: Outline, revisions: Iterable[str], manner: str) -> str:
    """The hash, in hexadecimal digits, of what decides what is in a database.

    Args:
        revisions: the revisions that are applied to it.
        manner: how they are.
    """
    parts = {
        "format": _FORMAT,
        "versions": [__version__, sys.version, *map(_version, _PACKAGES), *_installed()],
        "directory": str(project.directory),
        "config": [str(project.config), digest(project.config), project.name, list(project.x), dict(project.env)],
        "variables": {name: value for name, value in os.environ.items() if not _is_passing(name)},
        "env.py": digest(outline.env_py),
        "revisions": {revision: digest(outline.paths[revision]) for revision in revisions},
        "manner": manner,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:_KEY_DIGITS]


def note_contents(files: Iterable[str], folders: Iterable[str]) -> dict[str, str | None]:
    """Files and folders with a hash of what is in them: a folder's is of its names. None for one that is not there."""
    return {**{path: digest(path) for path in files}, **{path: _listing(path) for path in folders}}


def are_current(contents: Contents) -> bool:
    """Whether files and folders still hold what was noted."""
    return all((_listing(path) if Path(path).is_dir() else digest(path)) == noted for path, noted in contents.items())


def digest(path: str | Path) -> str | None:
    """The hash of a file's contents; None if there is no such file."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return None


def _listing(path: str) -> str | None:
    try:
        names = sorted(entry.name for entry in Path(path).iterdir() if not entry.name.startswith((".", "__pycache__")))
    except OSError:
        return None
    return hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""  # it runs from a source tree, whose files are the user's


def _installed() -> list[str]:
    """The folders that packages are installed in, each with the time of the last change of what is in it."""
    folders = [Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    return [f"{folder} {folder.stat().st_mtime_ns}" for folder in folders if folder.is_dir()]


def _is_passing(name: str) -> bool:
    return name in _PASSING_VARIABLES or name.startswith(_PASSING_PREFIXES)
