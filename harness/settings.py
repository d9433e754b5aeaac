"""Settings: `[tool.harness]` of pyproject.toml, then `HARNESS_*` variables, then what the caller says, as one frozen
object.

Each option is documented once, in the metadata of its field; the docs page and `harness init` are written from there.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.findings import Severity, UsageError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h)?")
SEVERITIES = ("error", "warning", "info", "off")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, None: 1.0}


def option(default: Any, help_text: str, *, variable: bool = True) -> Any:
    """A field of `Settings`; `variable` says whether a `HARNESS_<NAME>` environment variable sets it too."""
    metadata = {"help": help_text, "variable": variable}
    if isinstance(default, dict):
        return field(default_factory=lambda: dict(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """Every option of `harness`. Sequences are tuples; durations are seconds."""

    config: str | None = option(None, "Path of alembic.ini or of a pyproject.toml with [tool.alembic].")
    name: str | None = option(None, "Section of the ini file to use, as in `alembic --name`.")
    x: tuple[str, ...] = option((), "`-x` arguments given to env.py, as KEY=VALUE.")
    env: Mapping[str, str] = option(
        {},
        "Environment variables set while env.py runs; {url} in a value becomes the scratch database's URL.",
        variable=False,
    )
    server: str = option(
        "auto", "Where PostgreSQL comes from: auto, docker, embedded, or the URL of an existing server."
    )
    image: str = option("postgres:latest", "The container image that `docker` starts.")
    select: tuple[str, ...] = option((), "Run only these checks.")
    skip: tuple[str, ...] = option((), "Leave these checks out.")
    fail_on: Severity = option(Severity.ERROR, "The lowest severity that fails: error, warning or info.")
    heads: tuple[str, ...] = option((), "Heads that the history is meant to have, when it has more than one.")
    ignore: tuple[str, ...] = option(
        (), "Globs of findings to leave out: a rule, an object, or `rule:object`, as in `drift.*:public.legacy_*`."
    )
    severity: Mapping[str, str] = option(
        {},
        "How severe the findings of a rule are: a table of globs on rules, each error, warning, info or off.",
        variable=False,
    )
    model_packages: tuple[str, ...] = option(
        (), "Packages to search for models, besides those whose models env.py sees."
    )
    ignore_modules: tuple[str, ...] = option((), "Globs of modules that the imports check leaves alone.")
    from_revision: str | None = option(
        None,
        "The revision that round-trip starts at (`--from`); the base of the history if left out. Every other check "
        "judges the whole history.",
    )
    to_revision: str | None = option(
        None,
        "The revision that round-trip ends at (`--to`); the heads if left out. Every other check judges the whole "
        "history.",
    )
    downgrade_floor: tuple[str, ...] = option(
        (), "Revisions below which nobody ever downgrades: they and all before them are irreversible on purpose."
    )
    baseline: str | None = option(
        None, "File with the known findings, as `--write-baseline` wrote it; they do not fail."
    )
    timeout: float = option(300.0, "Seconds after which a run of env.py, or a step that makes no progress, is ended.")

    def __post_init__(self) -> None:
        for assignment in self.x:
            if "=" not in assignment:
                raise UsageError(f"-x takes KEY=VALUE, not {assignment!r}.")


def option_help() -> dict[str, str]:
    """Every option's name with its one-line description."""
    return {item.name: item.metadata["help"] for item in fields(Settings)}


def load(directory: Path, environment: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """The settings in force for a working directory.

    Args:
        directory: where to look for `pyproject.toml`; its parents are searched too, as ruff and pytest do.
        environment: the variables to read; `os.environ` if left out.
        overrides: what the caller says, which wins; a value of None counts as not said.

    Raises:
        UsageError: a key that does not exist, a value of the wrong type, or a file that cannot be read as TOML.
    """
    environment = os.environ if environment is None else environment
    values: dict[str, Any] = {}
    path = find_pyproject(directory)
    if path is not None:
        table = read_table(path)
        values.update(_typed(table, f"[tool.harness] of {path.name}"))
    for item in fields(Settings):
        variable = f"HARNESS_{item.name.upper()}"
        if item.metadata["variable"] and environment.get(variable):
            raw: Any = environment[variable]
            if isinstance(item.default, tuple):
                raw = [part for part in re.split(r"[,\s]+", raw) if part]
            values.update(_typed({item.name.replace("_", "-"): raw}, f"the variable {variable}"))
    said = {key: value for key, value in overrides.items() if value is not None}
    values.update(_typed({key.replace("_", "-"): value for key, value in said.items()}, "the call"))
    return replace(Settings(), **values)


def find_pyproject(directory: Path) -> Path | None:
    """The nearest `pyproject.toml` at or above a directory that has a `[tool.harness]` table; None if there is none."""
    for candidate in (directory, *directory.parents):
        path = candidate / "pyproject.toml"
        if path.is_file():
            return path if read_table(path) else None
    return None


def read_table(path: Path) -> dict[str, Any]:
    """The `[tool.harness]` table of a `pyproject.toml`, empty if it has none."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    table = document.get("tool", {}).get("harness", {})
    if not isinstance(table, dict):
        raise UsageError(f"[tool.harness] of {path} must be a table.")
    return table


def _typed(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    known = {item.name: item for item in fields(Settings)}
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = (
                f"Did you mean {nearest[0].replace('_', '-')!r}?"
                if nearest
                else "See docs/settings.md for the options."
            )
            raise UsageError(f"{where} has no option {key!r}.", hint)
        values[name] = _value(name, value, known[name].default, f"{key} in {where}")
    return values


def _value(name: str, value: Any, default: Any, what: str) -> Any:
    if name == "timeout":
        return _seconds(value, what)
    if name == "fail_on":
        try:
            return Severity(value)
        except ValueError:
            raise UsageError(f"{what} is {value!r}.", "Use error, warning or info.") from None
    if name == "env":
        if not isinstance(value, Mapping) or not all(isinstance(part, str) for part in value.values()):
            raise UsageError(f"{what} must be a table of strings.", 'For example: env = { DATABASE_URL = "{url}" }')
        return dict(value)
    if name == "severity":
        if not isinstance(value, Mapping) or not all(part in SEVERITIES for part in value.values()):
            raise UsageError(
                f"{what} must be a table that gives rules one of {', '.join(SEVERITIES)}.",
                'For example: severity = { "drift.*.comment" = "info" }',
            )
        return dict(value)
    if isinstance(default, tuple):
        if name == "x" and isinstance(value, Mapping):
            return tuple(f"{key}={part}" for key, part in value.items())
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, Sequence) or not all(isinstance(part, str) for part in value):
            raise UsageError(f"{what} must be a list of strings.", f'For example: {name.replace("_", "-")} = ["…"]')
        return tuple(value)
    if not isinstance(value, (str, os.PathLike)):
        raise UsageError(f"{what} must be a string, not {type(value).__name__}.")
    return os.fspath(value)


def _seconds(value: Any, what: str) -> float:
    match = _DURATION.fullmatch(str(value).strip())
    if isinstance(value, bool) or match is None:
        raise UsageError(
            f"{what} is {value!r}, which is not a duration.", "Use seconds, or a number with ms, s, min or h."
        )
    return float(match[1]) * _UNIT_SECONDS[match[2]]


def assignments(pairs: Sequence[str], flag: str) -> dict[str, str]:
    """`NAME=VALUE` strings of the command line as a mapping.

    Raises:
        UsageError: one of them has no `=`.
    """
    result = {}
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not separator or not name:
            raise UsageError(f"{flag} takes NAME=VALUE, not {shlex.quote(pair)}.")
        result[name] = value
    return result
