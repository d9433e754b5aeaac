"""Inside: where the models' tables, columns, constraints, indexes and types stand in the user's files."""

from __future__ import annotations

import ast
import gc
import sys
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Constraint,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint, dialect
from sqlalchemy.orm import Mapper

from harness.models.create import configured_metadata
from harness.models.sites import (
    Place,
    attribute_site,
    called,
    calls,
    class_site,
    given_name,
    named_calls,
    place_of,
    texts,
)
from harness.models.types import types_of

if TYPE_CHECKING:
    from harness.environment.inside import Inside

_KINDS: tuple[tuple[type, str], ...] = (
    (PrimaryKeyConstraint, "primary key"),
    (ForeignKeyConstraint, "foreign key"),
    (UniqueConstraint, "unique constraint"),
    (CheckConstraint, "check constraint"),
    (ExcludeConstraint, "exclusion constraint"),
    (Index, "index"),
)
_TABLE = frozenset({"Table"})


def places(inside: Inside) -> dict[str, Any]:
    """Where everything that the MetaData of `env.py` hold stands.

    A place is `[path, first line, last line]`, the path absolute; None where there is no source to be found. What a
    mixin brings stands in the mixin.

    Returns:
        `tables`: by the table's key, its `place`, its `columns` (name to place) and its `parts`: each constraint and
        index with its `kind`, its `name` in the database (None if the server chooses), its `columns` and its `place`;
        `types`: by `schema.name` or `name`, the place of a column of that enum or domain; `sequences`: by name.
    """
    several = configured_metadata(inside)
    tables = {id(table): table for metadata in several for table in metadata.tables.values()}
    classes: dict[int, list[type]] = {key: [] for key in tables}
    mappers: dict[int, list[Mapper[Any]]] = {key: [] for key in tables}
    for mapper in [thing for thing in gc.get_objects() if issubclass(type(thing), Mapper)]:
        if id(mapper.local_table) in tables:
            # A base class comes before the classes that share its table.
            position = 0 if mapper.inherits is None or mapper.inherits.local_table is not mapper.local_table else 99
            classes[id(mapper.local_table)].insert(position, mapper.class_)
            mappers[id(mapper.local_table)].insert(position, mapper)
    files = _files(inside)
    found = {table.key: _TableSites(table, classes[key], mappers[key], files).record() for key, table in tables.items()}
    types: dict[str, Place | None] = {}
    for metadata in several:
        for kind, column in types_of(metadata):
            if name := getattr(kind, "name", None):
                schema = getattr(kind, "schema", None)
                place = found[column.table.key]["columns"].get(column.name) or found[column.table.key]["place"]
                types.setdefault(f"{schema}.{name}" if schema else name, place)
    sequences = {
        name: place_of(path, call)
        for path in files
        for call in calls(path, frozenset({"Sequence"}))
        if (name := given_name(call)) is not None
    }
    return {"tables": found, "types": types, "sequences": sequences}


def _files(inside: Inside) -> list[str]:
    """The files of the modules that `env.py` brought in and that may make a table by hand."""
    paths = [str(inside.script.dir) + "/env.py"]
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if name in inside.start_modules or not path or not path.endswith(".py"):
            continue
        if name.partition(".")[0] not in ("sqlalchemy", "alembic", "harness", "sqlmodel"):
            paths.append(path)
    return [path for path in dict.fromkeys(paths) if _may_make_tables(path)]


def _may_make_tables(path: str) -> bool:
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # thousands of modules: pathlib would double the time
            text = file.read()
    except OSError:
        return False
    # Flask-SQLAlchemy hands all of SQLAlchemy on as `db`.
    return (b"sqlalchemy" in text or b"db." in text) and any(
        word in text for word in (b"Table(", b"Index(", b"Sequence(")
    )


class _TableSites:
    """Finds the places of one table and its parts."""

    def __init__(self, table: Table, classes: list[type], mappers: list[Mapper[Any]], files: list[str]) -> None:
        self._table, self._classes, self._mappers, self._files = table, classes, mappers, files
        self._call = self._table_call()

    def record(self) -> dict[str, Any]:
        columns = {column.name: self._column(column) for column in self._table.columns}
        own = self._own_parts()
        parts = []
        every: list[Any] = [*self._table.constraints, *self._table.indexes]
        for item in every:
            kind = next((word for type_, word in _KINDS if isinstance(item, type_)), None)
            if kind is None:
                continue
            names = [str(column.name) for column in item.columns]
            part = {"kind": kind, "name": _database_name(item), "columns": names}
            place = own.get(id(item)) or self._by_call(item, kind, names)
            if place is None and names:
                place = columns.get(names[0]) if len(names) == 1 or kind == "primary key" else None
            parts.append({**part, "place": place})
        return {"place": self._place(), "columns": columns, "parts": parts}

    def _place(self) -> Place | None:
        # An imperatively mapped class says nothing of its table; a declared one has the call within it, if any.
        if self._call is not None:
            return place_of(*self._call)
        for kind in self._classes:
            site = class_site(kind)
            if site is not None:
                return place_of(*site)
        return None

    def _table_call(self) -> tuple[str, ast.Call] | None:
        if any(attribute_site(kind, "__tablename__") for kind in self._classes):
            return None
        for path in self._files:
            for call in calls(path, _TABLE):
                if given_name(call) == self._table.name:
                    schemas = texts(keyword.value for keyword in call.keywords if keyword.arg == "schema")
                    if not schemas or schemas[0] == self._table.schema:
                        return path, call
        return None

    def _column(self, column: Any) -> Place | None:
        if self._call is not None:
            path, table_call = self._call
            for call in [node for node in table_call.args if isinstance(node, ast.Call)]:
                if called(call) == "Column" and given_name(call) == column.name:
                    return place_of(path, call)
        for mapper in self._mappers:
            if mapper.columns.contains_column(column):
                site = attribute_site(mapper.class_, mapper.get_property_by_column(column).key)
                if site is not None:
                    return site[0]
        return None

    def _own_parts(self) -> dict[int, Place]:
        """The parts in `__table_args__`, by identity: as the syntax tree has them, one by one."""
        found: dict[int, Place] = {}
        for kind in self._classes:
            site = attribute_site(kind, "__table_args__")
            values = getattr(kind, "__table_args__", None)
            if site is None or not isinstance(values, tuple):
                continue
            place, statement = site
            for node in ast.walk(statement):
                if isinstance(node, ast.Tuple) and len(node.elts) == len(values):
                    for value, element in zip(values, node.elts, strict=True):
                        if not isinstance(element, ast.Starred):
                            found[id(value)] = place_of(place[0], element)
                    break
        return found

    def _by_call(self, item: Constraint | Index, kind: str, columns: list[str]) -> Place | None:
        """The argument of this table's `Table(…)` that makes a part, else a call anywhere that gives it its name."""
        names = [name for name in (_database_name(item), str(item.name)) if item.name is not None and name is not None]
        function = next(type_.__name__ for type_, word in _KINDS if word == kind)
        if self._call is not None:
            path, table_call = self._call
            for call in [node for node in table_call.args if isinstance(node, ast.Call) and called(node) == function]:
                name = given_name(call)
                same_columns = name is None and columns and texts(_positional(call))[: len(columns)] == columns
                if name in names or same_columns:
                    return place_of(path, call)
        own = dict.fromkeys(site[0] for one in self._classes for owner in one.__mro__ if (site := class_site(owner)))
        for path in dict.fromkeys([*own, *self._files]):
            for name in names:
                if (function, name) in named_calls(path):
                    return place_of(path, named_calls(path)[function, name])
        return None


def _positional(call: ast.Call) -> list[ast.expr]:
    return call.args if called(call) != "Index" else call.args[1:]


def _database_name(item: Constraint | Index) -> str | None:
    """The name that the DDL gives; None if it leaves it to the server."""
    if item.name is None:
        return None
    preparer = dialect().identifier_preparer  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
    name = preparer.format_index(item) if isinstance(item, Index) else preparer.format_constraint(item)
    if name is None:
        return None
    return str(name[1:-1].replace('""', '"') if name.startswith('"') else name)
