"""Constraints and indexes: created, dropped and altered."""

from __future__ import annotations

from collections.abc import Collection

from harness.schema.model import Identity, SchemaObject
from harness.schema.repair.common import (
    Context,
    comment,
    relation,
    schema_argument,
    storage_options,
    tuple_of,
    with_options,
)
from harness.schema.repair.indexes import NOT_UNIQUE, cluster, tablespace
from harness.schema.repair.names import (
    call,
    dotted,
    ident,
    idents,
    literal,
    python,
    table_of,
    text_argument,
)
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

KINDS = ("primary key", "unique constraint", "check constraint", "exclusion constraint", "foreign key")
_TYPE = {
    "primary key": "primary",
    "unique constraint": "unique",
    "check constraint": "check",
    "foreign key": "foreignkey",
}
ALTERABLE = frozenset(
    {"comment", "index_comment", "clustered", "enabled", "enabled_at_referenced", "validated", "options", "tablespace"}
)

_CAUTIONS = {
    "primary key": "Fails while there are rows with the same values, or nulls.",
    "unique constraint": NOT_UNIQUE,
    "check constraint": "Fails while there are rows that do not comply.",
    "exclusion constraint": "Fails while there are rows that exclude each other.",
    "foreign key": "Fails while there are rows whose counterpart is missing.",
}


def create(item: SchemaObject, context: Context) -> list[Operation]:
    """ADD CONSTRAINT, and what cannot be said in it."""
    identity, attributes = item.identity, item.attributes
    sql = f"alter table {table_of(identity)} add constraint {ident(identity.name)} {_definition(item)}"
    code = _source(item)
    caution = None if "validated" in attributes or "enforced" in attributes else _CAUTIONS[identity.kind]
    made = execute(sql, caution) if code is None else Operation(sql, code, caution)
    bare = SchemaObject(identity, {})
    names = [
        name
        for name in ("comment", "index_comment", "clustered", "enabled", "enabled_at_referenced")
        if name in attributes
    ]
    return [made, *alter(item, bare, names, context)]


def drop(identity: Identity) -> Operation:
    """DROP CONSTRAINT."""
    sql = f"alter table {table_of(identity)} drop constraint {ident(identity.name)}"
    kind = _TYPE.get(identity.kind)
    schema = schema_argument(identity.schema)
    arguments = (python(identity.name), python(identity.table))
    return Operation(sql, call("op.drop_constraint", *arguments, type_=kind, schema=schema))


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """The operations that make a constraint what it should be, as far as it can be altered."""
    identity, attributes = new.identity, new.attributes
    table, index = table_of(identity), dotted(identity.schema, identity.name)
    operations: list[Operation] = []
    if "options" in names:
        operations += storage_options(f"alter index {index}", old.attributes.get("options"), attributes.get("options"))
    if "tablespace" in names:
        operations.append(tablespace(index, new))
    if "validated" in names:
        sql = f"alter table {table} validate constraint {ident(identity.name)}"
        operations.append(execute(sql, _CAUTIONS[identity.kind]))
    if "clustered" in names:
        operations.append(cluster(new))
    for name in ("enabled", "enabled_at_referenced"):
        if name in names:
            operations.append(_triggers(new, name))
    if "comment" in names:
        operations.append(comment(identity, attributes.get("comment")))
    if "index_comment" in names:
        text = attributes.get("index_comment")
        said = "null" if text is None else literal(str(text))
        operations.append(execute(f"comment on index {index} is {said}"))
    return operations


def is_alterable(new: SchemaObject, names: Collection[str]) -> bool:
    """Whether a constraint can stay; a valid one cannot be made invalid again."""
    if "validated" in names and "validated" in new.attributes:
        return False
    return set(names) <= ALTERABLE


def _definition(item: SchemaObject) -> str:
    kind, attributes = item.identity.kind, item.attributes
    listed = idents(tuple_of(attributes.get("columns")))
    if kind == "check constraint":
        sql = f"check ({attributes['expression']})" + (" no inherit" if "no_inherit" in attributes else "")
    elif kind == "exclusion constraint":
        sql = f"exclude using {ident(str(attributes['method']))} ({', '.join(tuple_of(attributes.get('elements')))})"
    elif kind == "foreign key":
        sql = f"foreign key ({_period(listed, item)}) {_references(item)}"
    elif kind == "unique constraint":
        distinct = " nulls not distinct" if "nulls_not_distinct" in attributes else ""
        sql = f"unique{distinct} ({_period(listed, item)})"
    else:
        sql = f"primary key ({_period(listed, item)})"
    if "include" in attributes:
        sql += f" include ({idents(tuple_of(attributes['include']))})"
    sql += with_options(attributes.get("options"))
    if "tablespace" in attributes:
        sql += f" using index tablespace {ident(str(attributes['tablespace']))}"
    if "predicate" in attributes:
        sql += f" where ({attributes['predicate']})"
    for name in ("deferrable", "enforced", "validated"):
        if name in attributes:
            sql += f" {attributes[name]}"
    return sql


def _period(listed: str, item: SchemaObject) -> str:
    if "period" not in item.attributes:
        return listed
    if item.identity.kind == "foreign key":
        first, _, last = listed.rpartition(", ")
        return f"{first}, period {last}" if first else f"period {last}"
    return f"{listed} without overlaps"


def _references(item: SchemaObject) -> str:
    attributes = item.attributes
    listed = _period(idents(tuple_of(attributes.get("references_columns"))), item)
    sql = f"references {attributes['references']} ({listed})"
    if "match" in attributes:
        sql += f" match {attributes['match']}"
    if attributes.get("on_update") != "no action":
        sql += f" on update {attributes['on_update']}"
    if attributes.get("on_delete") != "no action":
        sql += f" on delete {attributes['on_delete']}"
    if "on_delete_columns" in attributes:
        sql += f" ({idents(tuple_of(attributes['on_delete_columns']))})"
    return sql


def _source(item: SchemaObject) -> str | None:
    """The constraint as an operation of Alembic; None if it has attributes that no operation takes."""
    identity, attributes = item.identity, item.attributes
    if {"include", "options", "tablespace", "period", "enforced", "no_inherit", "on_delete_columns"} & set(attributes):
        return None
    name, table = python(identity.name), python(identity.table)
    columns = python(tuple_of(attributes.get("columns")))
    deferrable = attributes.get("deferrable")
    deferred = None if deferrable is None else str(deferrable).rpartition(" ")[2].upper()
    waits = {"deferrable": None if deferrable is None else True, "initially": deferred}
    schema = schema_argument(identity.schema)
    if identity.kind == "primary key":
        return None if deferrable else call("op.create_primary_key", name, table, columns, schema=schema)
    if identity.kind == "unique constraint":
        distinct = True if "nulls_not_distinct" in attributes else None
        named = {**waits, "schema": schema, "postgresql_nulls_not_distinct": distinct}
        return call("op.create_unique_constraint", name, table, columns, **named)
    not_valid = True if "validated" in attributes else None
    if identity.kind == "check constraint":
        condition = text_argument(str(attributes["expression"]))
        return call("op.create_check_constraint", name, table, condition, schema=schema, postgresql_not_valid=not_valid)
    if identity.kind == "foreign key":
        return _foreign_key_source(item, {**waits, "postgresql_not_valid": not_valid})
    return None


def _foreign_key_source(item: SchemaObject, named: dict[str, object]) -> str:
    identity, attributes = item.identity, item.attributes
    schema, table = relation(str(attributes["references"]))
    actions = {
        name.replace("_", ""): str(attributes[name]).upper()
        for name in ("on_update", "on_delete")
        if attributes.get(name) != "no action"
    }
    match = attributes.get("match")
    return call(
        "op.create_foreign_key",
        python(identity.name),
        python(identity.table),
        python(table),
        python(tuple_of(attributes.get("columns"))),
        python(tuple_of(attributes.get("references_columns"))),
        **actions,
        match=None if match is None else str(match).upper(),
        **named,
        source_schema=schema_argument(identity.schema),
        referent_schema=schema_argument(schema),
    )


def _triggers(item: SchemaObject, attribute: str) -> Operation:
    """Switch the internal triggers of a foreign key; only the server knows their names, and a superuser may."""
    words = {"disabled": "disable", "replica": "enable replica", "always": "enable always", "None": "enable"}
    how = words.get(str(item.attributes.get(attribute)))
    if how is None:
        raise NotAutomaticError(
            "the triggers of a foreign key are in several states, and which is in which is not read"
        )
    table = "conrelid" if attribute == "enabled" else "confrelid"
    statement = f"alter table %s {how} trigger %I"
    # A foreign key of a table to itself has all its triggers there.
    lines = (
        "do $do$ declare found record; begin",
        "for found in select t.tgrelid::pg_catalog.regclass as relation, t.tgname from pg_catalog.pg_trigger as t",
        f"join pg_catalog.pg_constraint as c on c.oid = t.tgconstraint and c.{table} = t.tgrelid",
        f"where c.conname = {literal(item.identity.name)}",
        f"and c.conrelid = {literal(table_of(item.identity))}::pg_catalog.regclass",
        f"loop execute pg_catalog.format({literal(statement)}, found.relation, found.tgname); end loop; end $do$",
    )
    return execute(" ".join(lines), "Only a superuser may switch the triggers of a foreign key.")
