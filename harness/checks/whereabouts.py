"""Where a difference stands in the user's files: in the models, and in the revision that last touched the object."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.checks.upgrading import default_schema
from harness.findings import DatabaseObject, Location
from harness.models.touches import Touch, Touches
from harness.schema import Difference, Schema, SchemaObject

if TYPE_CHECKING:
    from harness.checks.context import CheckContext


class Whereabouts:
    """The places of differences between the models' schema and the migrated one.

    Args:
        context: the run, whose history and models are read.
        expected, actual: the two schemas.
    """

    def __init__(self, context: CheckContext, expected: Schema, actual: Schema) -> None:
        self._context = context
        self._touches = Touches(context.history)
        self._expected, self._actual = (
            {item.identity.database_object: item for item in schema.objects.values()} for schema in (expected, actual)
        )

    @cached_property
    def default_schema(self) -> str:
        """The schema that the models and Alembic call None."""
        return default_schema(self._context.deployed.configured)

    @cached_property
    def _models(self) -> dict[str, Any]:
        return self._context.model_places

    def location(self, difference: Difference, touch: Touch | None) -> Location:
        """The model's line; the revision's for what only the migrations have; else `env.py`."""
        target = difference.object
        if difference.change != "extra":
            place = self._part(target) if target.kind not in ("table", "column") else None
            place = (place or {}).get("place") or self._standing_alone(target) or self._in_table(target)
            if place is not None:
                path, line, end_line = place
                return Location(self._context.project.location(path), line, end_line)
        if touch is not None:
            return Location(self._context.project.location(touch.revision.path), touch.line, touch.end_line)
        return self._context.env_py

    def touch(self, difference: Difference) -> Touch | None:
        """The statement of a revision that last touched the object, under whichever name it has there."""
        target = difference.object
        # What is missing may never have been touched: that its columns were says nothing of it.
        columns = self.columns(target) if difference.change != "missing" else []
        found = self._touches.last(target, *columns)
        if difference.change == "renamed" and difference.actual is not None:
            old = DatabaseObject(target.kind, difference.actual, target.schema, target.table)
            found = self._touches.last(old, *columns) or found
        return found

    def is_named(self, target: DatabaseObject) -> bool:
        """Whether the models, or their naming convention, give an object its name; else the server chose it."""
        if target.kind == "sequence":
            return target.name in self._models["sequences"]
        table = self._table(target)
        parts = [part for part in table["parts"] if part["kind"] == target.kind] if table is not None else []
        return not parts or any(part["name"] == target.name for part in parts)

    def model(self, key: str, part: str | None) -> Location | None:
        """The place of a table of the MetaData, or of its column, index or constraint of that name."""
        found = self._models["tables"].get(key)
        if found is None:
            return None
        named = {one["name"]: one["place"] for one in found["parts"]}
        place = found["columns"].get(part) or named.get(part) or found["place"]
        return None if place is None else Location(self._context.project.location(place[0]), place[1], place[2])

    def _table(self, target: DatabaseObject) -> dict[str, Any] | None:
        name = target.name if target.kind == "table" else target.table
        found: dict[str, Any] | None = self._models["tables"].get(f"{target.schema}.{name}")
        if found is None and target.schema == self.default_schema:
            found = self._models["tables"].get(name)
        return found

    def _in_table(self, target: DatabaseObject) -> Any:
        """The place of a column, else of the columns that a part is for, else of the table."""
        table = self._table(target)
        if table is None:
            return None
        name = target.name if target.kind == "column" else None
        return table["columns"].get(name) or table["place"]

    def _part(self, target: DatabaseObject) -> dict[str, Any] | None:
        table = self._table(target)
        if table is None:
            return None
        parts = [part for part in table["parts"] if part["kind"] == target.kind]
        named = [part for part in parts if part["name"] == target.name]
        columns = self.columns(target)
        unnamed = [part for part in parts if part["name"] is None and (not columns or part["columns"] == columns)]
        if not columns and len(unnamed) > 1:
            unnamed = []  # several checks without a name: which one it is cannot be told
        return next(iter([*named, *unnamed]), None)

    def _standing_alone(self, target: DatabaseObject) -> Any:
        """The place of a type or a sequence; a serial column's sequence stands with the column."""
        key = target.name if target.schema == self.default_schema else f"{target.schema}.{target.name}"
        if target.kind == "sequence":
            found = self._models["sequences"].get(target.name)
            return found or self._place_of_owner(self._expected.get(target))
        if target.table is None:
            return self._models["types"].get(key) or self._models["types"].get(f"{target.schema}.{target.name}")
        return None

    def _place_of_owner(self, sequence: SchemaObject | None) -> Any:
        columns = [used for used in (sequence.uses if sequence is not None else ()) if used.kind == "column"]
        return self._in_table(columns[0].database_object) if columns else None

    def columns(self, target: DatabaseObject) -> list[str]:
        """Of a constraint or an index, its columns; none for what has no such list."""
        item = self._expected.get(target) or self._actual.get(target)
        columns = item.attributes.get("columns") if item is not None else None
        return list(columns) if isinstance(columns, tuple) else []
