"""Types and sequences: created and altered."""

from __future__ import annotations

import re
from collections.abc import Collection

from harness.schema.model import Identity, SchemaObject
from harness.schema.repair.common import Context, tuple_of
from harness.schema.repair.names import ident, literal, qualified, table_of, text_argument
from harness.schema.repair.operation import NotAutomaticError, Operation, execute

DOMAIN_ALTERABLE = frozenset({"nullable", "default", "type", "collation"})
DOMAIN_CONSTRAINT_ALTERABLE = frozenset({"validated"})
COMPOSITE_ALTERABLE = frozenset({"attributes", "attribute_comments"})
SEQUENCE_ALTERABLE = frozenset(
    {"type", "start", "increment", "minimum", "maximum", "cache", "cycle", "persistence", "owned_by"}
)
_ATTRIBUTE = re.compile(r'("(?:[^"]|"")*"|\S+) (.*)', re.DOTALL)


def create_enum(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TYPE … AS ENUM."""
    labels = ", ".join(literal(label) for label in tuple_of(item.attributes.get("labels")))
    return [execute(f"create type {qualified(item.identity)} as enum ({labels})")]


def added_labels(new: SchemaObject, old: SchemaObject) -> list[Operation] | None:
    """ADD VALUE and RENAME VALUE; None if labels have to go or to move."""
    wanted, had = (tuple_of(item.attributes.get("labels")) for item in (new, old))
    name = qualified(new.identity)
    changed = [pair for pair in zip(had, wanted, strict=False) if pair[0] != pair[1]]
    if len(had) == len(wanted) and len(changed) == 1:
        before, after = changed[0]
        caution = f"Takes {literal(before)} for the old name of {literal(after)}: rows that have it keep their place."
        return [execute(f"alter type {name} rename value {literal(before)} to {literal(after)}", caution)]
    if [label for label in wanted if label in had] != list(had):
        return None
    operations = []
    for number, label in enumerate(wanted):
        if label not in had:
            place = f" after {literal(wanted[number - 1])}" if number else f" before {literal(wanted[1])}"
            # At the end is where a label goes by itself.
            place = "" if (number and wanted[number - 1] == (had[-1] if had else "")) or not had else place
            operations.append(execute(f"alter type {name} add value {literal(label)}{place}"))
            had = (*had[:number], label, *had[number:])
    return operations


def committed(operation: Operation) -> Operation:
    """The same, but for use by what follows: a new label cannot be used before it is committed."""
    code = f"with op.get_context().autocommit_block():\n    op.execute({text_argument(operation.sql)})"
    return Operation(operation.sql, code, operation.caution, alone=True)


def create_domain(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE DOMAIN; its constraints are objects of their own."""
    attributes = item.attributes
    sql = f"create domain {qualified(item.identity)} as {attributes['type']}"
    if "collation" in attributes:
        sql += f" collate {attributes['collation']}"
    if "default" in attributes:
        sql += f" default {attributes['default']}"
    return [execute(sql + (" not null" if attributes["nullable"] == "not null" else ""))]


def alter_domain(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER DOMAIN, for all but its type."""
    subject, operations = f"alter domain {qualified(new.identity)}", []
    if "nullable" in names:
        how = "set not null" if new.attributes["nullable"] == "not null" else "drop not null"
        caution = "Fails while a column of the domain has nulls." if how.startswith("set") else None
        operations.append(execute(f"{subject} {how}", caution))
    if "default" in names:
        default = new.attributes.get("default")
        operations.append(execute(f"{subject} {'drop default' if default is None else f'set default {default}'}"))
    return operations


def create_domain_constraint(item: SchemaObject, context: Context) -> list[Operation]:
    """ALTER DOMAIN … ADD CONSTRAINT."""
    attributes = item.attributes
    ending = f" {attributes['validated']}" if "validated" in attributes else ""
    sql = (
        f"alter domain {table_of(item.identity)} add constraint {ident(item.identity.name)}"
        f" check ({attributes['expression']}){ending}"
    )
    return [execute(sql, None if ending else "Fails while a column of the domain has values that do not comply.")]


def drop_domain_constraint(identity: Identity) -> Operation:
    """ALTER DOMAIN … DROP CONSTRAINT."""
    return execute(f"alter domain {table_of(identity)} drop constraint {ident(identity.name)}")


def alter_domain_constraint(
    new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context
) -> list[Operation]:
    """ALTER DOMAIN … VALIDATE CONSTRAINT."""
    if "validated" not in names:
        return []
    return [execute(f"alter domain {table_of(new.identity)} validate constraint {ident(new.identity.name)}")]


def create_composite(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TYPE … AS (…)."""
    listed = ", ".join(tuple_of(item.attributes.get("attributes")))
    operations = [execute(f"create type {qualified(item.identity)} as ({listed})")]
    return operations + _attribute_comments(item, None)


def alter_composite(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER TYPE … RENAME, ADD, DROP and ALTER ATTRIBUTE."""
    operations: list[Operation] = []
    if "attributes" in names:
        operations += _attributes(new, old)
    if "attribute_comments" in names:
        operations += _attribute_comments(new, old)
    return operations


def _attributes(new: SchemaObject, old: SchemaObject) -> list[Operation]:
    subject = f"alter type {qualified(new.identity)}"
    wanted, had = (_parsed(item) for item in (new, old))
    pairs = list(zip(had, wanted, strict=False))
    if len(had) == len(wanted):
        renamed = [(a, b) for a, b in pairs if a != b and had[a] == wanted[b] and a not in wanted and b not in had]
        operations = [execute(f"{subject} rename attribute {a} to {b} cascade") for a, b in renamed]
        had = {dict(renamed).get(name, name): text for name, text in had.items()}
    else:
        operations = []
    kept = [name for name in had if name in wanted]
    if [name for name in wanted if name in had] != kept or list(wanted)[: len(kept)] != kept:
        # What is added comes last, so all from the first that is out of place on is made anew.
        kept = [a for a, b in zip(had, wanted, strict=False) if a == b]
    for name in had:
        if name not in kept:
            caution = f"Drops the values of {name} wherever the type is used."
            operations.append(execute(f"{subject} drop attribute {name} cascade", caution))
    for name, text in wanted.items():
        if name not in kept:
            operations.append(execute(f"{subject} add attribute {name} {text} cascade"))
        elif had[name] != text:
            caution = "Fails while a column has the type: PostgreSQL does not rewrite composite values."
            operations.append(execute(f"{subject} alter attribute {name} type {text} cascade", caution))
    return operations


def _parsed(item: SchemaObject) -> dict[str, str]:
    found = {}
    for line in tuple_of(item.attributes.get("attributes")):
        match = _ATTRIBUTE.fullmatch(line)
        assert match is not None
        found[match[1]] = match[2]
    return found


def _attribute_comments(new: SchemaObject, old: SchemaObject | None) -> list[Operation]:
    wanted, had = (
        dict(line.split(": ", 1) for line in tuple_of(item.attributes.get("attribute_comments"))) if item else {}
        for item in (new, old)
    )
    name = qualified(new.identity)
    gone = [execute(f"comment on column {name}.{column} is null") for column in had if column not in wanted]
    return gone + [
        execute(f"comment on column {name}.{column} is {literal(text)}")
        for column, text in wanted.items()
        if had.get(column) != text
    ]


def create_range(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE TYPE … AS RANGE."""
    attributes = item.attributes
    if "canonical" in attributes:
        raise NotAutomaticError("a range type with a canonical function needs a shell type and a function in C")
    parts = [f"subtype = {attributes['subtype']}"]
    words = {"operator_class": "subtype_opclass", "collation": "collation", "subtype_difference": "subtype_diff"}
    parts += [f"{word} = {attributes[name]}" for name, word in words.items() if name in attributes]
    if "multirange" in attributes:
        parts.append(f"multirange_type_name = {attributes['multirange']}")
    return [execute(f"create type {qualified(item.identity)} as range ({', '.join(parts)})")]


def create_sequence(item: SchemaObject, context: Context) -> list[Operation]:
    """CREATE SEQUENCE, not yet owned by a column."""
    attributes = item.attributes
    prefix = "unlogged " if attributes.get("persistence") == "unlogged" else ""
    sql = f"create {prefix}sequence {qualified(item.identity)}"
    if attributes["type"] != "bigint":
        sql += f" as {attributes['type']}"
    return [execute(sql + _sequence_options(item, usual=True))]


def _sequence_options(item: SchemaObject, *, usual: bool) -> str:
    attributes = item.attributes
    bound = {"smallint": 2**15, "integer": 2**31}.get(str(attributes["type"]), 2**63) - 1
    plain = {"increment": "1", "minimum": "1", "maximum": str(bound), "start": "1", "cache": "1"}
    words = {"minimum": "minvalue", "maximum": "maxvalue"}
    parts = [
        f" {words.get(name, name)} {attributes[name]}"
        for name, value in plain.items()
        if not usual or attributes[name] != value
    ]
    if "cycle" in attributes:
        parts.append(" cycle")
    elif not usual:
        parts.append(" no cycle")
    return "".join(parts)


def alter_sequence(new: SchemaObject, old: SchemaObject, names: Collection[str], context: Context) -> list[Operation]:
    """ALTER SEQUENCE, for all but its owner column."""
    subject, operations = f"alter sequence {qualified(new.identity)}", []
    typed = f" as {new.attributes['type']}" if "type" in names else ""
    if typed or {"start", "increment", "minimum", "maximum", "cache", "cycle"} & set(names):
        operations.append(execute(subject + typed + _sequence_options(new, usual=False)))
    if "persistence" in names:
        how = "unlogged" if new.attributes.get("persistence") == "unlogged" else "logged"
        operations.append(execute(f"{subject} set {how}"))
    return operations


def owned_by(item: SchemaObject) -> Operation:
    """ALTER SEQUENCE … OWNED BY."""
    return execute(f"alter sequence {qualified(item.identity)} owned by {item.attributes.get('owned_by', 'none')}")
