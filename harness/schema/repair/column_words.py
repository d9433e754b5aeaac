"""What all operations on a column are written with."""

from __future__ import annotations

import re

from harness.schema.model import SchemaObject, Value
from harness.schema.repair.column_types import sqlalchemy_type
from harness.schema.repair.common import Context, schema_argument
from harness.schema.repair.names import Source, call, ident, python, table_of
from harness.schema.repair.operation import Operation

_COLLATED = re.compile(r"(sa\.(?:String|Text|CHAR)\()(\d*)\)")


def subject(item: SchemaObject) -> str:
    return f"alter table {table_of(item.identity)} alter column {ident(item.identity.name)}"


def full_name(item: SchemaObject) -> str:
    return f"{table_of(item.identity)}.{ident(item.identity.name)}"


def place(item: SchemaObject) -> tuple[str, str]:
    return python(item.identity.table), python(item.identity.name)


def get(item: SchemaObject, name: str) -> Value:
    return item.attributes.get(name)


def alter_column(item: SchemaObject, sql: str, **arguments: object) -> Operation:
    """`op.alter_column`; an argument of None is written as it is."""
    said = {name: Source("None") if value is None else value for name, value in arguments.items()}
    code = call("op.alter_column", *place(item), **said, schema=schema_argument(item.identity.schema))
    return Operation(f"{subject(item)} {sql}", code)


def spoken_type(item: SchemaObject, context: Context) -> str | None:
    spoken = sqlalchemy_type(str(item.attributes["type"]), context.expected)
    collation = get(item, "collation")
    if spoken is None or collation is None:
        return spoken
    schema, _, name = str(collation).partition(".")
    match = _COLLATED.fullmatch(spoken)
    if schema != "pg_catalog" or match is None:
        return None
    length = f"{match[2]}, " if match[2] else ""
    return f"{match[1]}{length}collation={python(name.strip(chr(34)))})"


def drop_default(item: SchemaObject) -> Operation:
    """ALTER COLUMN … DROP DEFAULT."""
    return alter_column(item, "drop default", server_default=None)
