"""A project: one Alembic environment of the user, found from the settings and the working directory."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from harness.findings import UsageError
from harness.settings import Settings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NEARBY = ("migrations/alembic.ini", "db/alembic.ini", "src/alembic.ini")


@dataclass(frozen=True)
class Project:
    """One Alembic environment.

    Attributes:
        directory: the working directory that `env.py` is run in, absolute; what the report's paths are relative to.
        config: absolute path of `alembic.ini`, or of a `pyproject.toml` with `[tool.alembic]`.
        name: the ini section.
        x: `-x` arguments.
        env: environment variables for `env.py`; may hold `{url}` and its relatives, see `environment_for`.
    """

    directory: Path
    config: Path
    name: str = "alembic"
    x: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, hash=False)

    def location(self, path: str | Path) -> str:
        """A path as the reports show it: relative to the working directory if it lies below, else absolute."""
        absolute = Path(path)
        try:
            return absolute.relative_to(self.directory).as_posix()
        except ValueError:
            return absolute.as_posix()

    def environment_for(self, url: str | None) -> dict[str, str]:
        """The environment variables for a run on a database.

        `{url}` becomes the database's URL, `{url:asyncpg}` the same with that SQLAlchemy driver, and `{host}`,
        `{port}`, `{user}`, `{password}` and `{database}` its parts, for projects that want them one by one.

        Raises:
            UsageError: a placeholder that does not exist.
        """
        target = _Placeholder(url or "postgresql://nobody@localhost:1/none")
        parts = urlsplit(target)
        values = {
            "url": target,
            "host": parts.hostname or "",
            "port": str(parts.port or 5432),
            "user": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "database": unquote(parts.path.lstrip("/")),
        }
        result = {}
        for name, template in self.env.items():
            try:
                result[name] = template.format_map(values) if "{" in template else template
            except (KeyError, ValueError, IndexError) as error:
                raise UsageError(
                    f"The value of --env {name} has a placeholder that does not exist ({error}).",
                    "Use {url}, {url:DRIVER}, {host}, {port}, {user}, {password} or {database}; write {{ for a brace.",
                ) from None
        return result


class _Placeholder(str):
    """A URL whose format specification names a SQLAlchemy driver."""

    __slots__ = ()

    def __format__(self, driver: str) -> str:
        return self.replace("postgresql://", f"postgresql+{driver}://", 1) if driver else str(self)


def find_project(settings: Settings, directory: Path) -> Project:
    """The project that the settings name, or the one in the working directory.

    Raises:
        UsageError: no configuration is there, it cannot be read, or it says nothing of a script location.
    """
    directory = directory.resolve()
    if settings.config is not None:
        config = (directory / settings.config).resolve()
        if config.is_dir():
            raise UsageError(
                f"{settings.config} is a folder.", "Give --config the path of alembic.ini or pyproject.toml itself."
            )
        if not config.is_file():
            raise UsageError(f"There is no file {settings.config}.", "Give --config the path of alembic.ini.")
    else:
        config = _search(directory)
    name = settings.name or "alembic"
    location = script_location(config, name)
    if not (directory / location).exists() and (config.parent / location).exists() and ":" not in location:
        # Alembic takes a relative script_location from the working directory: this one is meant for its own folder.
        directory = config.parent
    return Project(directory, config, name, settings.x, settings.env)


def _search(directory: Path) -> Path:
    for place in ("alembic.ini", "pyproject.toml"):
        path = directory / place
        if path.is_file() and (place != "pyproject.toml" or _toml_table(path)):
            return path
    nearby = [place for place in _NEARBY if (directory / place).is_file()]
    if nearby:
        raise UsageError(
            f"There is no alembic.ini in {directory}.", f"There is one in {nearby[0]}: --config {nearby[0]}"
        )
    raise UsageError(
        f"There is no alembic.ini and no [tool.alembic] in a pyproject.toml in {directory}.",
        "Run harness where alembic is run, or give --config PATH.",
    )


def _toml_table(path: Path) -> Mapping[str, object]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    table = document.get("tool", {}).get("alembic", {})
    return table if isinstance(table, dict) else {}


def script_location(config: Path, name: str) -> str:
    """The script location as it is written; said early, and in words, if it is missing. Alembic resolves it for
    real.
    """
    shown = config.name
    if config.suffix == ".toml":
        table = _toml_table(config)
        if "script_location" not in table:
            raise UsageError(
                f"{shown} has no script_location in [tool.alembic].",
                'For example: script_location = "%(here)s/alembic"',
            )
        return _resolved(table["script_location"], config)
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read(config, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError) as error:
        raise UsageError(f"{shown} cannot be read as an ini file: {str(error).splitlines()[0]}.") from error
    if not parser.has_section(name):
        sections = ", ".join(f"[{section}]" for section in parser.sections())
        raise UsageError(
            f"{shown} has no section [{name}].", f"It has {sections or 'no section at all'}; name one with --name."
        )
    if parser.has_option(name, "script_location"):
        return _resolved(parser.get(name, "script_location"), config)
    beside = config.parent / "pyproject.toml"
    table = _toml_table(beside) if beside.is_file() else {}
    if "script_location" in table:
        return _resolved(table["script_location"], beside)
    raise UsageError(f"{shown} has no script_location in [{name}].", "For example: script_location = %(here)s/alembic")


def _resolved(location: object, config: Path) -> str:
    return str(location).replace("%(here)s", config.parent.as_posix())
