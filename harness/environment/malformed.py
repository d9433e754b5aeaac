"""Inside: what is wrong with a file that can be imported, but not read as a revision.

Alembic says of most of these no more than a TypeError or a KeyError, and not of which file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.environment.records import Failure

# Before version 0.2 the id was the file's name, and Alembic still takes such a file: alembic/script/base.py,
# `_legacy_rev`.
_ID_AS_NAME = re.compile(r"([a-f0-9]+)\.py$")
_SHOWN = 60  # characters of a value that a message repeats


def revision_id(module: ModuleType, path: Path) -> Any:
    """The id that Alembic takes a file for, None if it has none."""
    named = _ID_AS_NAME.match(path.name)
    return getattr(module, "revision", named[1] if named else None)


def problem_of(module: ModuleType, path: Path) -> Failure | None:
    """Why Alembic cannot read a module as a revision, None if it can: a sentence without its subject, and the fix as
    `hint`.
    """
    from alembic.script import Script
    from alembic.script.revision import LoopDetected

    identity = revision_id(module, path)
    if identity is None and not hasattr(module, "revision"):
        return _problem(
            path,
            "",
            "has no revision",
            "Move it out of the versions folder, where Alembic takes every Python file for a revision; "
            'or give it an id: revision = "…"',
        )
    if not isinstance(identity, str) or not identity:
        return _problem(
            path, "revision", f"has {_shown('revision', identity)}, which is no id", 'Give it one: revision = "…"'
        )
    if not hasattr(module, "down_revision"):
        return _problem(
            path,
            "revision",
            "has no down_revision",
            "Add down_revision = None if it is the first, else the id of the revision before it.",
        )
    for name in ("down_revision", "depends_on", "branch_labels"):
        value = getattr(module, name, None)
        if not _is_names(value) or (name == "down_revision" and value == ""):
            return _problem(
                path,
                name,
                f"has {_shown(name, value)}, which names nothing",
                f"Write None, a string, or a tuple of strings: {name} = None",
            )
    if not callable(getattr(module, "upgrade", None)):
        return _problem(path, "revision", "has no upgrade()", "Write it: def upgrade(): ...")
    try:
        Script(module, identity, path)
    except LoopDetected:
        return None  # a circle of one, which is told with the others
    except Exception as error:
        return _problem(path, "revision", f"cannot be read by Alembic: {error}", "Correct what Alembic complains of.")
    return None


def source_of(path: str | Path) -> str:
    """A revision file's text; none of one that is compiled, whose lines cannot be told."""
    path = Path(path)
    return path.read_text(encoding="utf-8", errors="replace") if path.suffix == ".py" else ""


def line_of(text: str, name: str) -> int:
    """The line of a file on which a variable gets its value; the first if none does."""
    match = re.search(rf"^{name}\b[^=\n]*=", text, re.MULTILINE)
    return text.count("\n", 0, match.start()) + 1 if match else 1


def _is_names(value: Any) -> bool:
    if value is None or isinstance(value, str):
        return True
    return isinstance(value, Iterable) and all(isinstance(part, str) and part for part in value)


def _shown(name: str, value: Any) -> str:
    text = f"{name} = {value!r}"
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _problem(path: Path, variable: str, message: str, fix: str) -> Failure:
    line = line_of(source_of(path), variable) if variable else 1
    return Failure(kind="", message=message, path=str(path), line=line, hint=fix)
