"""Inside: what the `include_object` and `include_name` of `env.py` leave out of a comparison."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from harness.models.create import configured_metadata

if TYPE_CHECKING:
    from sqlalchemy import Table

    from harness.environment.inside import Inside

# Our kinds of object, as `include_name` and `include_object` call them: alembic/runtime/environment.py, `configure`.
ALEMBIC_TYPES = {
    "schema": "schema",
    "table": "table",
    "column": "column",
    "index": "index",
    "unique constraint": "unique_constraint",
    "foreign key": "foreign_key_constraint",
}


def excluded(inside: Inside, objects: Sequence[Sequence[str]], default_schema: str) -> list[int]:
    """Which objects the project's filters leave out.

    Args:
        objects: kind, schema, table and name of each object; kinds that Alembic has no word for are never left out.
        default_schema: the schema that Alembic calls None.

    Returns:
        The positions of the objects that some `context.configure` call excludes.
    """
    filters = [
        (options.get("include_name"), options.get("include_object"))
        for options in inside.configured
        if options.get("include_name") or options.get("include_object")
    ]
    if not filters:
        return []
    objects_of = _ObjectFinder(inside, default_schema)
    result: list[int] = []
    for position, (kind, schema, table, name) in enumerate(objects):
        alembic_type = ALEMBIC_TYPES.get(kind)
        if alembic_type is None:
            continue
        place = None if schema == default_schema else schema
        if any(
            not _name_included(include_name, alembic_type, place, table, name, default_schema)
            or not objects_of.included(include_object, alembic_type, place, table, name)
            for include_name, include_object in filters
        ):
            result.append(position)
    return result


def _name_included(
    include_name: Callable[..., bool] | None,
    alembic_type: str,
    schema: str | None,
    table: str,
    name: str,
    default_schema: str,
) -> bool:
    if include_name is None:
        return True
    if alembic_type == "schema":
        return include_name(None if name == default_schema else name, "schema", {})
    parents: dict[str, str | None] = {"schema_name": schema}
    if alembic_type != "table":
        parents["table_name"] = table
        parents["schema_qualified_table_name"] = f"{schema}.{table}" if schema else table
    else:
        parents["schema_qualified_table_name"] = f"{schema}.{name}" if schema else name
    return include_name(name, alembic_type, parents)


class _ObjectFinder:
    """Finds the model's object for a name, or makes one as reflection would, since `include_object` wants objects."""

    def __init__(self, inside: Inside, default_schema: str) -> None:
        self._tables: dict[tuple[str | None, str], Table] = {
            (None if table.schema == default_schema else table.schema, table.name): table
            for metadata in configured_metadata(inside)
            for table in metadata.tables.values()
        }

    def included(
        self, include_object: Callable[..., bool] | None, alembic_type: str, schema: str | None, table: str, name: str
    ) -> bool:
        if include_object is None or alembic_type == "schema":
            return True
        found, reflected = self._find(alembic_type, schema, table, name)
        return include_object(found, name, alembic_type, reflected, None)

    def _find(self, alembic_type: str, schema: str | None, table: str, name: str) -> tuple[Any, bool]:
        from sqlalchemy import Column, Constraint, ForeignKeyConstraint, Index, MetaData, Table, UniqueConstraint
        from sqlalchemy.types import NullType

        owner = self._tables.get((schema, name if alembic_type == "table" else table))
        if alembic_type == "table":
            return (owner, False) if owner is not None else (Table(name, MetaData(), schema=schema), True)
        parent = owner if owner is not None else Table(table, MetaData(), schema=schema)
        if alembic_type == "column":
            if name in parent.columns:
                return parent.columns[name], False
            reflected = Column(name, NullType())
            Table(table, MetaData(), reflected, schema=schema)
            return reflected, True
        own: list[Index | Constraint] = [*parent.indexes, *parent.constraints]
        for candidate in own:
            if candidate.name == name:
                return candidate, False
        column = Column("id", NullType())
        made: Any
        if alembic_type == "index":
            made = Index(name, column)
        elif alembic_type == "unique_constraint":
            made = UniqueConstraint(column, name=name)
        else:
            made = ForeignKeyConstraint(["id"], [f"{table}.id"], name=name)
        Table(table, MetaData(), column, *([] if alembic_type == "index" else [made]), schema=schema)
        return made, True
