"""Small projects written as text: each file of `faults/` holds one fault, each of `lookalikes/` none.

The first line of a layout says what it is about. Then come keys, then files, each after a line `== path`. Unless it has
its own, a layout gets `alembic.ini`, `alembic/env.py`, and an empty `app/__init__.py` with a base in `app/db.py`.

    env:      lines for the top of env.py (default: the documented flat layout)
    raw:      the whole env.py
    target:   what env.py passes as target_metadata
    options:  more arguments for context.configure
    path:     prepend_sys_path
    x:, variable:, ignore:    an -x argument, an environment variable, an ignored module
    zip:      an archive and the folder that goes into it

A line that a finding must point at ends with `# here: RULE TABLE`, and `in PATH` if its fix is an import for that file.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from pathlib import Path

from harness.environment import Project
from harness.environment.project import find_project
from harness.settings import Settings

HERE = Path(__file__).parent
FAULTS = sorted(HERE.glob("faults/*.txt"))
LOOKALIKES = sorted(HERE.glob("lookalikes/*.txt"))

_KEY = re.compile(r"(env|raw|target|options|path|x|variable|ignore|zip):(.*)")
_MARK = re.compile(r"# here: (\S+) (\S+)(?: in (\S+))?")

_ENV = """\
{env}
from alembic import context

target_metadata = {target}


def run_migrations_offline():
    context.configure(url="postgresql://", target_metadata=target_metadata, {options})
    with context.begin_transaction():
        context.run_migrations()


def run_migrations_online():
    raise NotImplementedError


if context.is_offline_mode():
    run_migrations_offline()
else:
    run_migrations_online()
"""
_BASE = """\
from sqlalchemy.orm import DeclarativeBase


class Base(DeclarativeBase):
    pass
"""


@dataclass(frozen=True)
class Expected:
    """A finding that must come: rule, table, path, line, and the file that its import goes into."""

    rule: str
    table: str
    path: str
    line: int
    fix_in: str | None


@dataclass(frozen=True)
class Layout:
    """A layout written to disk."""

    directory: Path
    project: Project
    settings: Settings
    expected: frozenset[Expected]


def write(layout: Path, directory: Path) -> Layout:
    """Write a layout's project into a directory."""
    keys, files = _parse(layout.read_text(encoding="utf-8"))
    archive, _, folder = keys.get("zip", "").partition(" ")
    expected = set()
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        shown = f"{archive}/{path}" if archive and path.startswith(f"{folder}/") else path
        for number, line in enumerate(text.splitlines(), 1):
            if (match := _MARK.search(line)) is not None:
                expected.add(Expected(match[1], match[2], shown, number, match[3]))
    if archive:
        with zipfile.ZipFile(directory / archive, "w") as opened:
            for file in sorted((directory / folder).rglob("*.py")):
                opened.write(file, file.relative_to(directory).as_posix())
        shutil.rmtree(directory / folder)
    name, _, value = keys.get("variable", "").partition("=")
    settings = Settings(
        x=(keys["x"],) if "x" in keys else (),
        env={name: value} if name else {},
        ignore_modules=tuple(keys.get("ignore", "").split()),
    )
    return Layout(directory, find_project(settings, directory), settings, frozenset(expected))


def _parse(text: str) -> tuple[dict[str, str], dict[str, str]]:
    head, *parts = re.split(r"^== (.+)\n", text, flags=re.MULTILINE)
    keys: dict[str, str] = {}
    last = ""
    for line in head.splitlines()[1:]:
        if (match := _KEY.fullmatch(line)) is not None:
            last = match[1]
            keys[last] = match[2].strip()
        else:
            keys[last] += f"\n{line}"
    files = dict(zip(parts[::2], parts[1::2], strict=True))
    env = keys.get("env", "from app.db import Base\nfrom app.models import *").strip("\n")
    target = keys.get("target", "Base.metadata")
    generated = _ENV.format(env=env, target=target, options=keys.get("options", ""))
    files.setdefault("alembic/env.py", keys.get("raw", generated).lstrip("\n"))
    ini = f"[alembic]\nscript_location = %(here)s/alembic\nprepend_sys_path = {keys.get('path', '.')}\n"
    files.setdefault("alembic.ini", ini)
    files.setdefault("alembic/script.py.mako", "")
    if any(path.startswith("app/") for path in files):
        files.setdefault("app/__init__.py", "")
        files.setdefault("app/db.py", _BASE)
    return keys, files


def apply(fix: str, directory: Path) -> None:
    """Do what a fix says, to the letter."""
    if (match := re.fullmatch(r"Add to (\S+), (?:after line (\d+)|at the top): (.+)", fix)) is not None:
        path = directory / match[1]
        lines = path.read_text(encoding="utf-8").splitlines()
        lines.insert(int(match[2] or 0), match[3])
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif (match := re.fullmatch(r'Add ("\w+") to the __all__ in (\S+), line (\d+)\.', fix)) is not None:
        path = directory / match[2]
        lines = path.read_text(encoding="utf-8").splitlines()
        lines[int(match[3]) - 1] = lines[int(match[3]) - 1].replace("]", f", {match[1]}]")
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        raise AssertionError(f"this fix cannot be applied: {fix}")
