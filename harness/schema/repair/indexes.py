"""Indexes: created, dropped and altered."""

from __future__ import annotations

import re
from collections.abc import Collection

from harness.schema.model import Identity, SchemaObject
from harness.schema.repair.common import (
    Context,
    comment,
    schema_argument,
    storage_options,
    tuple_of,
    with_options,
)
from harness.schema.repair.names import Source, call, dotted, ident, names_in, python, table_of, text_argument
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

NOT_UNIQUE = "Fails while there are rows with the same values."
ALTERABLE = frozenset({"comment", "clustered", "options", "tablespace", "statistics"})
_PLAIN_COLUMN = re.compile(r'[a-z_][a-z0-9_$]*|"(?:[^"]|"")+"')


def create(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE INDEX, and what cannot be said in it."""
    identity, attributes = item.identity, item.attributes
    if "valid" in attributes:
        raise NotAutomaticError("an invalid index is what is left of a build that failed, and is not made on purpose")
    unique = "unique " if "unique" in attributes else ""
    caution = NOT_UNIQUE if unique else None
    sql = (
        f"create {unique}index {ident(identity.name)} on {table_of(identity)} using {ident(str(attributes['method']))}"
        f" ({', '.join(tuple_of(attributes['columns']))})"
    )
    if "include" in attributes:
        sql += f" include ({', '.join(tuple_of(attributes['include']))})"
    if "nulls_not_distinct" in attributes:
        sql += " nulls not distinct"
    sql += with_options(attributes.get("options"))
    if "tablespace" in attributes:
        sql += f" tablespace {ident(str(attributes['tablespace']))}"
    if "predicate" in attributes:
        sql += f" where ({attributes['predicate']})"
    bare = SchemaObject(identity, {})
    names = [name for name in ("comment", "clustered", "statistics") if name in attributes]
    return [Operation(sql, _source(item), caution), *alter(item, bare, names, context)]


def _source(item: SchemaObject) -> str:
    identity, attributes = item.identity, item.attributes
    columns = [_column(text) for text in tuple_of(attributes["columns"])]
    method = attributes["method"]
    options = dict(line.split("=", 1) for line in tuple_of(attributes.get("options")))
    predicate = attributes.get("predicate")
    return call(
        "op.create_index",
        python(identity.name),
        python(identity.table),
        f"[{', '.join(columns)}]",
        unique=True if "unique" in attributes else None,
        schema=schema_argument(identity.schema),
        postgresql_using=None if method == "btree" else method,
        postgresql_include=[names_in(name)[0] for name in tuple_of(attributes.get("include"))] or None,
        postgresql_nulls_not_distinct=True if "nulls_not_distinct" in attributes else None,
        postgresql_with=options or None,
        postgresql_tablespace=attributes.get("tablespace"),
        postgresql_where=None if predicate is None else Source(f"sa.text({text_argument(str(predicate))})"),
    )


def _column(text: str) -> str:
    if _PLAIN_COLUMN.fullmatch(text):
        return python(names_in(text)[0])
    return f"sa.text({text_argument(text)})"


def drop(identity: Identity) -> Operation:
    """DROP INDEX."""
    sql = f"drop index {dotted(identity.schema, identity.name)}"
    schema = schema_argument(identity.schema)
    return Operation(sql, call("op.drop_index", python(identity.name), table_name=identity.table, schema=schema))


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """The operations that make an index what it should be, as far as it can be altered."""
    identity, attributes = new.identity, new.attributes
    index = dotted(identity.schema, identity.name)
    operations: list[Operation] = []
    if "options" in names:
        operations += storage_options(f"alter index {index}", old.attributes.get("options"), attributes.get("options"))
    if "tablespace" in names:
        operations.append(tablespace(index, new))
    if "statistics" in names:
        wanted = dict(line.split(": ") for line in tuple_of(attributes.get("statistics")))
        unset = [line.split(": ")[0] for line in tuple_of(old.attributes.get("statistics"))]
        for number, value in {**dict.fromkeys(unset, "-1"), **wanted}.items():
            operations.append(execute(f"alter index {index} alter column {number} set statistics {value}"))
    if "clustered" in names:
        operations.append(cluster(new))
    if "comment" in names:
        operations.append(comment(identity, attributes.get("comment")))
    return operations


def tablespace(index: str, item: SchemaObject) -> Operation:
    return execute(f"alter index {index} set tablespace {ident(str(item.attributes.get('tablespace', 'pg_default')))}")


def cluster(item: SchemaObject) -> Operation:
    table = table_of(item.identity)
    if "clustered" in item.attributes:
        return execute(f"alter table {table} cluster on {ident(item.identity.name)}")
    return execute(f"alter table {table} set without cluster")
