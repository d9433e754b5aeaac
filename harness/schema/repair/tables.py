"""Tables and foreign tables: created and altered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

from harness.schema.model import Identity, SchemaObject
from harness.schema.repair import columns
from harness.schema.repair.common import (
    Context,
    comment,
    options_clause,
    schema_argument,
    server_options,
    storage_options,
    tuple_of,
    with_options,
)
from harness.schema.repair.names import Source, call, ident, python, qualified
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

# What `op.create_table` cannot say, or says in a way of its own.
_BEYOND_ALEMBIC = frozenset({"partition", "inherits", "of_type", "server", "access_method_set"})


def create(item: SchemaObject, own: Sequence[SchemaObject], context: Context) -> list[Operation]:
    """CREATE TABLE with its own columns (not those that it inherits), and what a column is given afterwards."""
    identity, attributes = item.identity, item.attributes
    sources = [columns.source(column, context) for column in own]
    sql = _create_sql(item, own)
    beyond = _BEYOND_ALEMBIC & set(attributes) or identity.kind != "table"
    with_alembic = not beyond and all(sources) and not _storage(item, context)
    operations: list[Operation]
    if with_alembic:
        shown = "".join(f"\n    {column}," for column in sources)
        named = call(
            "",
            schema=schema_argument(identity.schema),
            comment=attributes.get("comment"),
            prefixes=["unlogged"] if attributes.get("persistence") == "unlogged" else None,
            postgresql_partition_by=attributes.get("partition_key"),
        )[1:-1]
        code = f"op.create_table(\n    {python(identity.name)},{shown}" + (f"\n    {named},\n)" if named else "\n)")
        operations = [Operation(sql, code)]
        if "comment" in attributes:
            operations.append(columns.silent(comment(identity, attributes["comment"])))
        for column in own:
            if "comment" in column.attributes:
                operations.append(columns.silent(comment(column.identity, column.attributes["comment"])))
    else:
        operations = [execute(sql)]
        if "comment" in attributes:
            operations.append(comment(identity, attributes["comment"]))
    for column in own:
        operations += columns.after(column, context, commented=with_alembic)
    bare = SchemaObject(identity, {})
    names = [name for name in ("row_security", "force_row_security") if name in attributes]
    return operations + alter(item, bare, names, context)


def _storage(item: SchemaObject, context: Context) -> bool:
    attributes = item.attributes
    return "options" in attributes or "tablespace" in attributes or attributes.get("access_method", "heap") != "heap"


def _create_sql(item: SchemaObject, own: Sequence[SchemaObject]) -> str:
    identity, attributes = item.identity, item.attributes
    prefix = "unlogged " if attributes.get("persistence") == "unlogged" else ""
    start = f"create {prefix}{identity.kind} {qualified(identity)}"
    listed = ", ".join(columns.definition(column) for column in own)
    if "partition" in attributes:
        _, _, rest = str(attributes["partition"]).partition("of ")
        parent, bound = _bound(rest)
        sql = f"{start} partition of {parent} {bound}"
    elif "of_type" in attributes:
        sql = f"{start} of {attributes['of_type']}"
    else:
        sql = f"{start} ({listed})"
        if "inherits" in attributes:
            sql += f" inherits ({', '.join(tuple_of(attributes['inherits']))})"
    if "partition_key" in attributes:
        sql += f" partition by {attributes['partition_key']}"
    if "server" in attributes:
        return f"{sql} server {ident(str(attributes['server']))}{options_clause(attributes.get('server_options'))}"
    if attributes.get("access_method", "heap") != "heap":
        sql += f" using {ident(str(attributes['access_method']))}"
    sql += with_options(attributes.get("options"))
    if "tablespace" in attributes:
        sql += f" tablespace {ident(str(attributes['tablespace']))}"
    return sql


def _bound(text: str) -> tuple[str, str]:
    """The parent and the bound of `app.event FOR VALUES …`."""
    for mark in (" FOR VALUES ", " DEFAULT"):
        parent, found, rest = text.partition(mark)
        if found:
            return parent, f"{mark}{rest}".strip()
    raise NotAutomaticError("the bound of a partition cannot be read")


def inherited(identity: Identity, item: SchemaObject) -> bool:
    """Whether a part of a table (a column, constraint, index or trigger) is there because a parent's is."""
    return any(used.kind == identity.kind and used.table != identity.table for used in item.uses)


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """The operations that make a table what it should be; `names` are the attributes that differ."""
    operations: list[Operation] = []
    for name, step in _STEPS.items():
        if name in names:
            operations += step(new, old, context)
    return operations


def detach(new: SchemaObject, old: SchemaObject) -> list[Operation]:
    """What takes a table out of a parent that it should not have any more (or not in that way)."""
    own = qualified(old.identity)
    before, after = old.attributes.get("partition"), new.attributes.get("partition")
    if before is not None and before != after:
        parent, _ = _bound(str(before).removeprefix("of "))
        return [execute(f"alter table {parent} detach partition {own}")]
    gone = [
        parent
        for parent in tuple_of(old.attributes.get("inherits"))
        if parent not in tuple_of(new.attributes.get("inherits"))
    ]
    return [execute(f"alter table {own} no inherit {parent}") for parent in gone]


def detach_referred(torn: Collection[Identity], actual: Mapping[Identity, SchemaObject]) -> list[Operation]:
    """What takes those partitions that go out of a table that stays, if a foreign key refers to it: PostgreSQL drops
    none before.
    """
    going = {qualified(one) for one in torn if one.kind == "table" and "partition" in actual[one].attributes}
    if not going:
        return []
    referred = {item.attributes["references"] for one, item in actual.items() if one.kind == "foreign key"}
    parents = {
        qualified(one): _bound(str(item.attributes["partition"]).removeprefix("of "))[0]
        for one, item in actual.items()
        if "partition" in item.attributes
    }
    dropped = {qualified(one) for one in torn if one.kind == "table"}

    def is_referred(table: str | None) -> bool:
        return table is not None and (table in referred or is_referred(parents.get(table)))

    return [
        execute(f"alter table {parents[table]} detach partition {table}")
        for table in sorted(going)
        if parents[table] not in dropped and is_referred(parents[table])
    ]


def _attach(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if "partition" in new.attributes:
        parent, bound = _bound(str(new.attributes["partition"]).removeprefix("of "))
        caution = f"Fails if {qualified(new.identity)} has rows outside of the bound."
        return [execute(f"alter table {parent} attach partition {qualified(new.identity)} {bound}", caution)]
    return []


def _inherit(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    had = tuple_of(old.attributes.get("inherits"))
    return [
        execute(f"{_subject(new)} inherit {parent}")
        for parent in tuple_of(new.attributes.get("inherits"))
        if parent not in had
    ]


def _subject(item: SchemaObject) -> str:
    return f"alter {item.identity.kind} {qualified(item.identity)}"


def _persistence(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    how = "unlogged" if new.attributes.get("persistence") == "unlogged" else "logged"
    return [execute(f"{_subject(new)} set {how}")]


def _options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return storage_options(_subject(new), old.attributes.get("options"), new.attributes.get("options"))


def replica_identity(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    """REPLICA IDENTITY; of an index, only once that is there."""
    if new.identity.kind != "table":
        return []
    value = str(new.attributes.get("replica_identity", "default"))
    return [execute(f"{_subject(new)} replica identity {value.replace('index', 'using index', 1)}")]


def _row_security(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    how = "enable" if "row_security" in new.attributes else "disable"
    return [execute(f"{_subject(new)} {how} row level security")]


def _force_row_security(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    how = "force" if "force_row_security" in new.attributes else "no force"
    return [execute(f"{_subject(new)} {how} row level security")]


def _access_method(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if "partition_key" in new.attributes or "access_method" not in new.attributes:
        return []
    return [execute(f"{_subject(new)} set access method {ident(str(new.attributes['access_method']))}")]


def _tablespace(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return [execute(f"{_subject(new)} set tablespace {ident(str(new.attributes.get('tablespace', 'pg_default')))}")]


def _of_type(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    typed = new.attributes.get("of_type")
    return [execute(f"{_subject(new)} {f'of {typed}' if typed else 'not of'}")]


def _server_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return server_options(_subject(new), old.attributes.get("server_options"), new.attributes.get("server_options"))


def _comment(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    text, identity = new.attributes.get("comment"), new.identity
    sql = comment(identity, text).sql
    if identity.kind != "table":
        return [execute(sql)]
    schema = schema_argument(identity.schema)
    if text is None:
        return [Operation(sql, call("op.drop_table_comment", python(identity.name), schema=schema))]
    code = call("op.create_table_comment", python(identity.name), Source(python(str(text))), schema=schema)
    return [Operation(sql, code)]


def _partition_key(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    raise NotAutomaticError("how a table is partitioned cannot be changed: make a new table and copy the rows")


def _column_order(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    raise NotAutomaticError("PostgreSQL cannot reorder columns, and only SELECT * can tell")


_STEPS: dict[str, Callable[[SchemaObject, SchemaObject, Context], list[Operation]]] = {
    "column_order": _column_order,
    "partition_key": _partition_key,
    "of_type": _of_type,
    "persistence": _persistence,
    "access_method": _access_method,
    "tablespace": _tablespace,
    "options": _options,
    "partition": _attach,
    "inherits": _inherit,
    "row_security": _row_security,
    "force_row_security": _force_row_security,
    "server_options": _server_options,
    "comment": _comment,
}
ALTERABLE = frozenset(_STEPS) | {"replica_identity"}
