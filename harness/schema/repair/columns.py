"""Columns: added, dropped and altered."""

from __future__ import annotations

from collections.abc import Callable, Collection

from harness.schema.model import SchemaObject
from harness.schema.repair import identities
from harness.schema.repair.column_conversions import FAMILIES, base_type, type_change
from harness.schema.repair.column_words import alter_column, drop_default, full_name, get, place, spoken_type, subject
from harness.schema.repair.common import (
    Context,
    comment,
    grants,
    schema_argument,
    server_options,
    storage_options,
)
from harness.schema.repair.names import Source, call, ident, literal, python, table_of, text_argument
from harness.schema.repair.operation import Operation, execute


def definition(item: SchemaObject) -> str:
    """A column in CREATE TABLE and ADD COLUMN."""
    attributes = item.attributes
    parts = [ident(item.identity.name), str(attributes["type"])]
    if "server_options" in attributes:
        pairs = (line.partition("=") for line in attributes["server_options"] or ())
        parts.append(f"options ({', '.join(f'{ident(name)} {literal(value)}' for name, _, value in pairs)})")
    if "collation" in attributes:
        parts.append(f"collate {attributes['collation']}")
    if "generated" in attributes:
        parts.append(f"generated always as ({attributes['generated']}) {attributes['generated_kind']}")
    elif "identity" in attributes:
        parts.append(identities.clause(item))
    elif "default" in attributes:
        parts.append(f"default {attributes['default']}")
    if attributes["nullable"] == "not null" and "not_null_options" not in attributes:
        name = attributes.get("not_null_name")
        parts.append(f"constraint {ident(str(name))} not null" if name else "not null")
    return " ".join(parts)


def source(item: SchemaObject, context: Context) -> str | None:
    """The same as `sa.Column(…)`; None if SQLAlchemy cannot say it."""
    attributes = item.attributes
    spoken = spoken_type(item, context)
    unspeakable = {"not_null_name", "not_null_options", "server_options"} & set(attributes)
    if spoken is None or unspeakable:
        return None
    arguments = [python(item.identity.name), spoken]
    default = None
    if "generated" in attributes:
        persisted = attributes["generated_kind"] == "stored"
        arguments.append(call("sa.Computed", text_argument(str(attributes["generated"])), persisted=persisted))
    elif "identity" in attributes:
        arguments.append(identities.source_of(item))
    elif "default" in attributes:
        default = Source(f"sa.text({text_argument(str(attributes['default']))})")
    return call(
        "sa.Column",
        *arguments,
        server_default=default,
        nullable=False if attributes["nullable"] == "not null" else None,
        comment=attributes.get("comment"),
    )


def create(item: SchemaObject, context: Context) -> list[Operation]:
    """ADD COLUMN, and what cannot be said in it."""
    identity, attributes = item.identity, item.attributes
    caution = None
    filled = {"default", "identity", "generated"} & set(attributes)
    if attributes["nullable"] == "not null" and not filled:
        caution = f"Fails if {table_of(identity)} has rows: add the column as null, fill it, then set it not null."
    sql = f"alter table {table_of(identity)} add column {definition(item)}"
    spoken = source(item, context)
    if spoken is None:
        return [execute(sql, caution), *after(item, context, commented=False)]
    code = call("op.add_column", python(identity.table), spoken, schema=schema_argument(identity.schema))
    added = Operation(sql, code, caution)
    # Alembic sends the comment by itself; the SQL has to say it.
    comments = [silent(comment(identity, attributes["comment"]))] if "comment" in attributes else []
    return [added, *comments, *after(item, context, commented=True)]


def silent(operation: Operation) -> Operation:
    """An operation that an earlier one of Alembic does already."""
    return Operation(operation.sql, "")


def after(item: SchemaObject, context: Context, *, commented: bool) -> list[Operation]:
    """What a new column is given after it is there; `commented` if its comment is taken care of."""
    names = [name for name in _STEPS if name in item.attributes and name not in _IN_DEFINITION]
    bare = SchemaObject(item.identity, {"type": item.attributes["type"]})
    operations = [] if commented or "comment" not in item.attributes else [comment(item.identity, get(item, "comment"))]
    if "identity" in item.attributes:
        operations += identities.settle_grants(item, context)
    for name in names:
        if name not in ("comment", "identity_grants"):
            operations += _STEPS[name](item, bare, context)
    return operations


def alter(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """The operations that make a column what it should be; `names` are the attributes that differ."""
    wanted = set(names)
    if "type" in wanted:
        wanted.discard("collation")  # said with the type
        if "default" in new.attributes:
            wanted.add("default")  # what the server made of it is not what it was
    if "identity" in wanted:
        wanted -= {"identity_options"}
        if "identity" in new.attributes and "default" in old.attributes:
            wanted -= {"default"}  # it goes before the identity comes
    if "nullable" in wanted:
        wanted -= {"not_null_name", "not_null_options"} if new.attributes["nullable"] == "null" else set()
    operations: list[Operation] = []
    for name, step in _STEPS.items():
        if name in wanted:
            operations += step(new, old, context)
    return operations


def _nullable(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if new.attributes["nullable"] == "null":
        return [alter_column(new, "drop not null", nullable=True)]
    caution = f"Fails while {full_name(new)} has nulls: fill them first."
    changed = alter_column(new, "set not null", nullable=False)
    if not {"not_null_name", "not_null_options"} & set(new.attributes):
        return [Operation(changed.sql, changed.code, caution)]
    return [execute(_named_not_null(new), caution)]


def _named_not_null(item: SchemaObject) -> str:
    identity = item.identity
    name = get(item, "not_null_name") or f"{identity.table}_{identity.name}_not_null"
    options = get(item, "not_null_options") or ""
    return (
        f"alter table {table_of(identity)} add constraint {ident(str(name))} not null {ident(identity.name)}{options}"
    )


def _not_null_name(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if "nullable" not in old.attributes:  # a new column
        return []
    if old.attributes["nullable"] == "null":
        return []
    identity = new.identity
    usual = f"{identity.table}_{identity.name}_not_null"
    names = [ident(str(get(item, "not_null_name") or usual)) for item in (old, new)]
    if names[0] == names[1]:
        return []
    return [execute(f"alter table {table_of(identity)} rename constraint {names[0]} to {names[1]}")]


def _not_null_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if "nullable" not in old.attributes:
        return [execute(_named_not_null(new))]
    if old.attributes["nullable"] == "null":
        return []
    return [alter_column(new, "drop not null", nullable=True), execute(_named_not_null(new))]


def _default(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    default = get(new, "default")
    if default is None:
        return [drop_default(new)]
    spoken = Source(f"sa.text({text_argument(str(default))})")
    return [alter_column(new, f"set default {default}", server_default=spoken)]


def _generated(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    """Only what can be done in place; a change of another sort makes the column anew."""
    if "generated" not in new.attributes:
        return [execute(f"{subject(new)} drop expression")]
    return [execute(f"{subject(new)} set expression as ({new.attributes['generated']})")]


def _collation(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return type_change(new, old, context) + (_default(new, old, context) if "default" in old.attributes else [])


def _setting(name: str, unset: Callable[[SchemaObject, Context], str]) -> Callable[..., list[Operation]]:
    def step(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
        value = get(new, name)
        return [execute(f"{subject(new)} set {name} {unset(new, context) if value is None else value}")]

    return step


def _usual_storage(item: SchemaObject, context: Context) -> str:
    if context.version >= 16:
        return "default"
    base = base_type(str(item.attributes["type"]))
    if base in ("numeric", "inet", "cidr"):
        return "main"
    variable = base in FAMILIES[1] or base.endswith("[]") or base in ("bytea", "json", "jsonb", "tsvector", "xml")
    return "extended" if variable or "." in base else "plain"


def _options_change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return storage_options(subject(new), get(old, "options"), get(new, "options"))


def _server_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    subject = f"alter foreign table {table_of(new.identity)} alter column {ident(new.identity.name)}"
    return server_options(subject, get(old, "server_options"), get(new, "server_options"))


def _comment(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    text = get(new, "comment")
    code = call(
        "op.alter_column",
        *place(new),
        comment=Source("None") if text is None else text,
        schema=schema_argument(new.identity.schema),
    )
    return [Operation(comment(new.identity, text).sql, code)]


def _grants(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return grants(new, get(old, "grants"), get(new, "grants"), context)


# In the order in which they have to be done.
_STEPS: dict[str, Callable[[SchemaObject, SchemaObject, Context], list[Operation]]] = {
    "generated": _generated,
    "type": type_change,
    "collation": _collation,
    "nullable": _nullable,
    "not_null_options": _not_null_options,
    "not_null_name": _not_null_name,
    "identity": identities.change,
    "default": _default,
    "identity_options": identities.change_options,
    "identity_comment": identities.change_comment,
    "identity_grants": identities.change_grants,
    "storage": _setting("storage", _usual_storage),
    "compression": _setting("compression", lambda item, context: "default"),
    "statistics": _setting("statistics", lambda item, context: "-1"),
    "options": _options_change,
    "server_options": _server_options,
    "comment": _comment,
    "grants": _grants,
}


_IN_DEFINITION = frozenset(
    {"generated", "type", "collation", "nullable", "not_null_name", "identity", "default", "identity_options"}
    | {"server_options"}
)


ALTERABLE = frozenset(_STEPS)
