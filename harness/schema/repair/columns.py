"""Columns: added, dropped and altered."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from harness.schema.model import SchemaObject, Value
from harness.schema.repair.column_types import sqlalchemy_type
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

_BOUNDS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
_COLLATED = re.compile(r"(sa\.(?:String|Text|CHAR)\()(\d*)\)")

# Types between which a USING clause is not needed, as a cast on assignment exists, or between which one can be written.
_FAMILIES = (
    frozenset({"smallint", "integer", "bigint", "numeric", "real", "double precision"}),
    frozenset({"text", "character varying", "character", "public.citext"}),
    frozenset({"date", "timestamp without time zone", "timestamp with time zone"}),
    frozenset({"time without time zone", "time with time zone"}),
    frozenset({"bit", "bit varying"}),
    frozenset({"interval"}),
)
_CASTS = (
    frozenset({"json", "jsonb"}),
    frozenset({"inet", "cidr"}),
    frozenset({"boolean", "integer"}),
)


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
        parts.append(_identity_clause(item))
    elif "default" in attributes:
        parts.append(f"default {attributes['default']}")
    if attributes["nullable"] == "not null" and "not_null_options" not in attributes:
        name = attributes.get("not_null_name")
        parts.append(f"constraint {ident(str(name))} not null" if name else "not null")
    return " ".join(parts)


def source(item: SchemaObject, context: Context) -> str | None:
    """The same as `sa.Column(…)`; None if SQLAlchemy cannot say it."""
    attributes = item.attributes
    spoken = _type(item, context)
    unspeakable = {"not_null_name", "not_null_options", "server_options"} & set(attributes)
    if spoken is None or unspeakable:
        return None
    arguments = [python(item.identity.name), spoken]
    default = None
    if "generated" in attributes:
        persisted = attributes["generated_kind"] == "stored"
        arguments.append(call("sa.Computed", text_argument(str(attributes["generated"])), persisted=persisted))
    elif "identity" in attributes:
        arguments.append(_identity(item))
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
    operations = (
        [] if commented or "comment" not in item.attributes else [comment(item.identity, _get(item, "comment"))]
    )
    for name in names:
        if name != "comment":
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


def type_change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    """ALTER COLUMN … TYPE, with the default out of the way."""
    identity, spoken = new.identity, _type(new, context)
    wanted, had = str(new.attributes["type"]), str(old.attributes["type"])
    using = conversion(ident(identity.name), had, wanted)
    collation = f" collate {new.attributes['collation']}" if "collation" in new.attributes else ""
    sql = f"{_subject(new)} type {wanted}{collation}" + (f" using {using}" if using else "")
    operations = []
    if "default" in old.attributes:
        operations.append(drop_default(new))
    caution = (
        f"Fails or loses data if a value of {_full(new)} does not fit into {wanted}." if _narrows(had, wanted) else None
    )
    if spoken is None:
        return [*operations, execute(sql, caution)]
    code = call(
        "op.alter_column",
        *_place(new),
        type_=Source(spoken),
        existing_type=Source(sqlalchemy_type(had, context.actual) or "sa.types.NULLTYPE"),
        postgresql_using=using,
        schema=schema_argument(identity.schema),
    )
    return [*operations, Operation(sql, code, caution)]


def conversion(column: str, had: str, wanted: str) -> str | None:
    """The USING expression that a change of type needs; None if the server converts by itself."""
    old, new = (_base(text) for text in (had, wanted))
    if old == new or any({old, new} <= family for family in _FAMILIES):
        return None
    strings = _FAMILIES[1]
    if new in strings and old not in strings and "." not in old:
        return None
    direct = old in strings or new in strings or any({old, new} <= casts for casts in _CASTS)
    if old.endswith("[]") and new.endswith("[]"):
        direct = direct or any({old[:-2], new[:-2]} <= family for family in _FAMILIES)
    return f"{column}::{wanted}" if direct else f"{column}::text::{wanted}"


def drop_identity(item: SchemaObject) -> Operation:
    """ALTER COLUMN … DROP IDENTITY, before the name of its sequence is wanted for another."""
    return _alter(item, "drop identity", server_default=None, existing_server_default=Source("sa.Identity()"))


def drop_default(item: SchemaObject) -> Operation:
    """ALTER COLUMN … DROP DEFAULT."""
    return _alter(item, "drop default", server_default=None)


def _subject(item: SchemaObject) -> str:
    return f"alter table {table_of(item.identity)} alter column {ident(item.identity.name)}"


def _full(item: SchemaObject) -> str:
    return f"{table_of(item.identity)}.{ident(item.identity.name)}"


def _place(item: SchemaObject) -> tuple[str, str]:
    return python(item.identity.table), python(item.identity.name)


def _get(item: SchemaObject, name: str) -> Value:
    return item.attributes.get(name)


def _alter(item: SchemaObject, sql: str, **arguments: object) -> Operation:
    """`op.alter_column`; an argument of None is written as it is."""
    said = {name: Source("None") if value is None else value for name, value in arguments.items()}
    code = call("op.alter_column", *_place(item), **said, schema=schema_argument(item.identity.schema))
    return Operation(f"{_subject(item)} {sql}", code)


def _type(item: SchemaObject, context: Context) -> str | None:
    spoken = sqlalchemy_type(str(item.attributes["type"]), context.expected)
    collation = _get(item, "collation")
    if spoken is None or collation is None:
        return spoken
    schema, _, name = str(collation).partition(".")
    match = _COLLATED.fullmatch(spoken)
    if schema != "pg_catalog" or match is None:
        return None
    length = f"{match[2]}, " if match[2] else ""
    return f"{match[1]}{length}collation={python(name.strip(chr(34)))})"


def _base(text: str) -> str:
    return re.sub(r"\(\d+(?:, ?-?\d+)?\)", "", text)


def _narrows(had: str, wanted: str) -> bool:
    sizes = ("smallint", "integer", "bigint", "numeric")
    if had in sizes and wanted in sizes:
        return sizes.index(wanted) < sizes.index(had)
    if wanted in ("text", "character varying") or (had, wanted) == ("real", "double precision"):
        return False
    lengths = [re.search(r"\((\d+)\)", text) for text in (had, wanted)]
    if _base(had) == _base(wanted) and lengths[0] and lengths[1]:
        return int(lengths[1][1]) < int(lengths[0][1])
    return True


def _identity_clause(item: SchemaObject) -> str:
    """GENERATED … AS IDENTITY with the options that the server would not take by itself."""
    said = " ".join([*(f"{name} {value}" for name, value in _unusual(item).items()), *_cycle(item)])
    return f"generated {item.attributes['identity']} as identity" + (f" ({said})" if said else "")


def _cycle(item: SchemaObject) -> list[str]:
    return ["cycle"] if str(_get(item, "identity_options")).endswith(" cycle") else []


def _options(item: SchemaObject) -> dict[str, str]:
    words = str(_get(item, "identity_options") or "").removesuffix(" cycle").split()
    return dict(zip(words[1::2], words[2::2], strict=True))


def _unusual(item: SchemaObject) -> dict[str, str]:
    found = _options(item)
    largest = _BOUNDS.get(str(item.attributes["type"]), 2**63) - 1
    plain = {"start": "1", "increment": "1", "minvalue": "1", "maxvalue": str(largest), "cache": "1"}
    if found.get("increment", "1").startswith("-"):
        plain = {"increment": "1"}
    return {name: value for name, value in found.items() if value != plain.get(name)}


def _identity(item: SchemaObject) -> str:
    """`sa.Identity(…)` with the options that the server would not take by itself."""
    said = {name: int(value) for name, value in _unusual(item).items()}
    always = _get(item, "identity") == "always"
    return call("sa.Identity", always=always, **said, cycle=True if _cycle(item) else None)


def _nullable(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if new.attributes["nullable"] == "null":
        return [_alter(new, "drop not null", nullable=True)]
    caution = f"Fails while {_full(new)} has nulls: fill them first."
    changed = _alter(new, "set not null", nullable=False)
    if not {"not_null_name", "not_null_options"} & set(new.attributes):
        return [Operation(changed.sql, changed.code, caution)]
    return [execute(_named_not_null(new), caution)]


def _named_not_null(item: SchemaObject) -> str:
    identity = item.identity
    name = _get(item, "not_null_name") or f"{identity.table}_{identity.name}_not_null"
    options = _get(item, "not_null_options") or ""
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
    names = [ident(str(_get(item, "not_null_name") or usual)) for item in (old, new)]
    if names[0] == names[1]:
        return []
    return [execute(f"alter table {table_of(identity)} rename constraint {names[0]} to {names[1]}")]


def _not_null_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    if "nullable" not in old.attributes:
        return [execute(_named_not_null(new))]
    if old.attributes["nullable"] == "null":
        return []
    return [_alter(new, "drop not null", nullable=True), execute(_named_not_null(new))]


def _default(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    default = _get(new, "default")
    if default is None:
        return [drop_default(new)]
    spoken = Source(f"sa.text({text_argument(str(default))})")
    return [_alter(new, f"set default {default}", server_default=spoken)]


def _generated(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    """Only what can be done in place; a change of another sort makes the column anew."""
    if "generated" not in new.attributes:
        return [execute(f"{_subject(new)} drop expression")]
    return [execute(f"{_subject(new)} set expression as ({new.attributes['generated']})")]


def _identity_change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    kind = _get(new, "identity")
    if kind is None:
        return []  # it is gone by now: `drop_identity`
    if "identity" in old.attributes:
        operations = [execute(f"{_subject(new)} set generated {kind}")]
        if _get(old, "identity_options") != _get(new, "identity_options"):
            operations += _identity_options(new, old, context)
        return operations
    sql = f"add {_identity_clause(new)}"
    adding = _alter(new, sql, server_default=Source(_identity(new)))
    return [drop_default(new), adding] if "default" in old.attributes else [adding]


def _identity_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    found = _options(new)
    parts = [f"set {name} {value}" for name, value in found.items()]
    parts.append("set cycle" if _cycle(new) else "set no cycle")
    return [execute(f"{_subject(new)} {' '.join(parts)}")]


def _on_sequence(item: SchemaObject, statement: str) -> Operation:
    """A statement with %s for the sequence of an identity column, whose name only the server knows."""
    table, column = literal(table_of(item.identity)), literal(item.identity.name)
    sequence = f"pg_catalog.pg_get_serial_sequence({table}, {column})"
    quoted = literal(statement)
    return execute(f"do $do$ begin execute pg_catalog.replace({quoted}, '<sequence>', {sequence}); end $do$")


def _identity_comment(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    text = _get(new, "identity_comment")
    return [_on_sequence(new, f"comment on sequence <sequence> is {literal(str(text)) if text else 'null'}")]


def _identity_grants(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    from harness.schema.model import Identity

    stand_in = Identity("sequence", "", "", "<sequence>")
    role = {"owner": Source("current_user")}
    item = SchemaObject(stand_in, role)
    found = grants(item, _get(old, "identity_grants"), _get(new, "identity_grants"), context)
    return [_on_sequence(new, operation.sql.replace('"<sequence>"', "<sequence>")) for operation in found]


def _collation(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return type_change(new, old, context) + (_default(new, old, context) if "default" in old.attributes else [])


def _setting(name: str, unset: Callable[[SchemaObject, Context], str]) -> Callable[..., list[Operation]]:
    def step(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
        value = _get(new, name)
        return [execute(f"{_subject(new)} set {name} {unset(new, context) if value is None else value}")]

    return step


def _usual_storage(item: SchemaObject, context: Context) -> str:
    if context.version >= 16:
        return "default"
    base = _base(str(item.attributes["type"]))
    if base in ("numeric", "inet", "cidr"):
        return "main"
    variable = base in _FAMILIES[1] or base.endswith("[]") or base in ("bytea", "json", "jsonb", "tsvector", "xml")
    return "extended" if variable or "." in base else "plain"


def _options_change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return storage_options(_subject(new), _get(old, "options"), _get(new, "options"))


def _server_options(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    subject = f"alter foreign table {table_of(new.identity)} alter column {ident(new.identity.name)}"
    return server_options(subject, _get(old, "server_options"), _get(new, "server_options"))


def _comment(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    text = _get(new, "comment")
    code = call(
        "op.alter_column",
        *_place(new),
        comment=Source("None") if text is None else text,
        schema=schema_argument(new.identity.schema),
    )
    return [Operation(comment(new.identity, text).sql, code)]


def _grants(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    return grants(new, _get(old, "grants"), _get(new, "grants"), context)


# In the order in which they have to be done.
_STEPS: dict[str, Callable[[SchemaObject, SchemaObject, Context], list[Operation]]] = {
    "generated": _generated,
    "type": type_change,
    "collation": _collation,
    "nullable": _nullable,
    "not_null_options": _not_null_options,
    "not_null_name": _not_null_name,
    "identity": _identity_change,
    "default": _default,
    "identity_options": _identity_options,
    "identity_comment": _identity_comment,
    "identity_grants": _identity_grants,
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
