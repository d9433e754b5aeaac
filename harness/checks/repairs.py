"""Alembic operations that undo a difference, ready to paste, for the differences that have a short one."""

from __future__ import annotations

from harness.findings import DatabaseObject
from harness.schema import Difference

_DROPPED_AS = {
    "enum": "type",
    "composite type": "type",
    "range type": "type",
    "domain": "domain",
    "sequence": "sequence",
    "view": "view",
    "materialized view": "materialized view",
}
_CONSTRAINTS = ("primary key", "unique constraint", "foreign key", "check constraint", "exclusion constraint")


def drop_operation(target: DatabaseObject) -> str | None:
    """The operation that drops an object; None where there is no short one."""
    schema = _schema_argument(target)
    if target.kind == "table":
        return f"op.drop_table({target.name!r}{schema})"
    if target.kind == "column":
        return f"op.drop_column({target.table!r}, {target.name!r}{schema})"
    if target.kind == "index":
        return f"op.drop_index({target.name!r}, table_name={target.table!r}{schema})"
    if target.kind in _CONSTRAINTS:
        return f"op.drop_constraint({target.name!r}, {target.table!r}{schema})"
    if target.kind in _DROPPED_AS:
        return f"op.execute({f'drop {_DROPPED_AS[target.kind]} {_qualified(target)}'!r})"
    if target.kind == "trigger":
        table = _quoted(target.schema, target.table)
        return f"op.execute({f'drop trigger {_quoted(target.name)} on {table}'!r})"
    return None


def change_operation(difference: Difference) -> str | None:
    """The operation that makes the actual object what is expected; None where there is no short one."""
    target, attribute, expected = difference.object, difference.attribute, difference.expected
    if difference.change == "renamed":
        return _rename_operation(difference)
    if difference.change != "changed":
        return None
    schema = _schema_argument(target)
    if target.kind == "column":
        column = f"op.alter_column({target.table!r}, {target.name!r}"
        if attribute == "nullable":
            return f"{column}, nullable={expected != 'not null'}{schema})"
        if attribute == "default":
            default = "None" if expected is None else f"sa.text({expected!r})"
            return f"{column}, server_default={default}{schema})"
        if attribute == "type":
            table = _quoted(target.schema, target.table)
            return f"op.execute({f'alter table {table} alter column {_quoted(target.name)} type {expected}'!r})"
    if target.kind == "enum" and attribute == "labels":
        return _enum_operations(difference)
    return None


def _rename_operation(difference: Difference) -> str | None:
    target, old, new = difference.object, difference.actual or "", difference.expected or ""
    if target.kind == "index":
        return f"op.execute({f'alter index {_quoted(target.schema, old)} rename to {_quoted(new)}'!r})"
    if target.kind in _CONSTRAINTS:
        table = _quoted(target.schema, target.table)
        return f"op.execute({f'alter table {table} rename constraint {_quoted(old)} to {_quoted(new)}'!r})"
    return None


def _enum_operations(difference: Difference) -> str | None:
    expected = (difference.expected or "").split(", ")
    actual = (difference.actual or "").split(", ")
    if not actual or expected[: len(actual)] != actual:
        return None  # labels cannot be taken away or moved
    name = _qualified(difference.object)
    return "\n".join(
        f"op.execute({f'alter type {name} add value {_literal(label)}'!r})" for label in expected[len(actual) :]
    )


def _schema_argument(target: DatabaseObject) -> str:
    return "" if target.schema in (None, "public") else f", schema={target.schema!r}"


def _qualified(target: DatabaseObject) -> str:
    return _quoted(target.schema, target.name)


def _quoted(*names: str | None) -> str:
    # Plain names are left bare, so that the operation reads as people write it.
    return ".".join(_identifier(name) for name in names if name)


def _identifier(name: str) -> str:
    plain = name.isascii() and name.isidentifier() and name == name.lower()
    return name if plain else '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
