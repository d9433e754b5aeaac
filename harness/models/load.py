"""Inside: importing one module of the user's, after the record was taken, and seeing what it registers.

It runs after `env.py`, in the same interpreter, which is what adding the import to `env.py` would do. Connections are
refused there (`harness.environment.redirect`); no module is run as `__main__`.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table, event
from sqlalchemy.orm import Mapper

from harness.models.record import own_files, target_metadata

if TYPE_CHECKING:
    from harness.environment.inside import Inside


def load(inside: Inside, modules: list[str], assume_target: list[str]) -> dict[str, Any]:
    """Import modules, in order.

    Args:
        assume_target: see `harness.models.record.record`.

    Returns:
        What `harness.models.survey.Loaded` holds: the tables and columns that were registered meanwhile, on any
        MetaData, with the file and line that did it, and the failure of the first module that could not be imported.
    """
    targets = target_metadata(inside, assume_target)
    before = {id(table): _columns(table) for metadata in targets for table in metadata.tables.values()}
    failure: dict[str, Any] | None = None
    with _watching(own_files(inside)) as seen, _in_place():
        for name in modules:
            failure = _failure(inside, name)
            if failure is not None:
                break
    wanted = {id(metadata) for metadata in targets}
    grown = [
        {"table": table.key, "columns": sorted(_columns(table) - before[id(table)])}
        for metadata in targets
        for table in metadata.tables.values()
        if id(table) in before and _columns(table) - before[id(table)]
    ]
    return {
        "failure": failure,
        "tables": [_table(inside, *table, wanted) for table in seen.tables],
        "models": [_model(mapper) for mapper in seen.mappers],
        "grown": grown,
        "modules": [name for name in modules if name in sys.modules],
    }


def excluded(inside: Inside, table: Table) -> bool:
    """Whether the filters that `env.py` passed leave a table out of autogenerate.

    The filters are asked as `alembic.autogenerate` asks them; where `env.py` configures several times, all must refuse.
    """
    try:
        return bool(inside.configured) and all(_refuses(options, table) for options in inside.configured)
    except Exception:  # a filter of the user's that cannot judge this table has not left it out
        return False


def excluded_by_name(inside: Inside, tables: list[list[str | None]]) -> list[bool]:
    """For tables that exist only as text (schema and name): whether the filters leave them out."""
    return [excluded(inside, Table(str(name), MetaData(), schema=schema)) for schema, name in tables]


def _refuses(options: dict[str, Any], table: Table) -> bool:
    include_name, include_object = options.get("include_name"), options.get("include_object")
    if include_name is not None:
        parents = {"schema_name": table.schema, "schema_qualified_table_name": table.key}
        if options.get("include_schemas") and not include_name(table.schema, "schema", {}):
            return True
        if not include_name(table.name, "table", parents):
            return True
    return include_object is not None and not include_object(table, table.name, "table", False, None)


class _Seen:
    def __init__(self) -> None:
        self.tables: list[tuple[Table, list[tuple[str, str, int]], bool]] = []
        self.mappers: list[Mapper[Any]] = []


@contextmanager
def _watching(is_own: Callable[[str], bool]) -> Iterator[_Seen]:
    seen = _Seen()

    def on_table(table: Table, parent: Any) -> None:
        if isinstance(parent, MetaData):
            seen.tables.append((table, _places(is_own), _is_a_librarys(is_own)))

    def on_mapper(mapper: Mapper[Any], _class: type) -> None:
        seen.mappers.append(mapper)

    event.listen(Table, "after_parent_attach", on_table)
    event.listen(Mapper, "instrument_class", on_mapper)
    try:
        yield seen
    finally:
        event.remove(Table, "after_parent_attach", on_table)
        event.remove(Mapper, "instrument_class", on_mapper)


def _places(is_own: Callable[[str], bool]) -> list[tuple[str, str, int]]:
    """Module, file and line of the user's statements that are being executed, the innermost first."""
    places = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if is_own(file):
            places.append((str(frame.f_globals.get("__name__", "")), file, frame.f_lineno))
        frame = frame.f_back
    return places


def _is_a_librarys(is_own: Callable[[str], bool]) -> bool:
    """Whether a library's module makes the table for itself, while it is imported: SQLAlchemy's dialects do."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and not is_own(frame.f_code.co_filename):
        if frame.f_code.co_name == "<module>":
            return True
        frame = frame.f_back
    return False


@contextmanager
def _in_place() -> Iterator[None]:
    """Undo what a module may do to the interpreter while it is imported."""
    directory, arguments = Path.cwd(), list(sys.argv)
    try:
        yield
    finally:
        os.chdir(directory)
        sys.argv[:] = arguments


def _failure(inside: Inside, name: str) -> dict[str, Any] | None:
    try:
        importlib.import_module(name)
    except (KeyboardInterrupt, GeneratorExit):
        raise
    except BaseException as error:
        described = inside.describe(error)
        return {
            "module": name,
            "kind": described.kind,
            "message": described.message,
            "path": described.path,
            "line": described.line,
            "detail": described.traceback,
        }
    return None


def _table(
    inside: Inside, table: Table, places: list[tuple[str, str, int]], is_a_librarys: bool, wanted: set[int]
) -> dict[str, Any]:
    return {
        "key": table.key,
        "name": table.name,
        "schema": table.schema,
        "target": id(table.metadata) in wanted,
        "bind": table.metadata.info.get("bind_key"),
        "excluded": excluded(inside, table),
        "is_a_librarys": is_a_librarys,
        "places": places,
    }


def _columns(table: Table) -> frozenset[str]:
    return frozenset(str(column.name) for column in table.columns)


def _model(mapper: Mapper[Any]) -> dict[str, Any]:
    table = mapper.local_table
    key = table.key if isinstance(table, Table) else None
    return {"module": mapper.class_.__module__, "name": mapper.class_.__qualname__, "table": key}
