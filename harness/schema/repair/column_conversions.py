"""From one type of a column to another: when the server converts by itself, and what it needs else."""

from __future__ import annotations

import re

from harness.schema.model import SchemaObject
from harness.schema.repair.column_types import sqlalchemy_type
from harness.schema.repair.column_words import drop_default, full_name, place, spoken_type, subject
from harness.schema.repair.common import Context, schema_argument
from harness.schema.repair.names import Source, call, ident
from harness.schema.repair.operation import Operation, execute

# Types between which a USING clause is not needed, as a cast on assignment exists, or between which one can be written.
FAMILIES = (
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


def type_change(new: SchemaObject, old: SchemaObject, context: Context) -> list[Operation]:
    """ALTER COLUMN … TYPE, with the default out of the way."""
    identity, spoken = new.identity, spoken_type(new, context)
    wanted, had = str(new.attributes["type"]), str(old.attributes["type"])
    using = conversion(ident(identity.name), had, wanted)
    collation = f" collate {new.attributes['collation']}" if "collation" in new.attributes else ""
    sql = f"{subject(new)} type {wanted}{collation}" + (f" using {using}" if using else "")
    operations = []
    if "default" in old.attributes:
        operations.append(drop_default(new))
    caution = (
        f"Fails or loses data if a value of {full_name(new)} does not fit into {wanted}."
        if _narrows(had, wanted)
        else None
    )
    if spoken is None:
        return [*operations, execute(sql, caution)]
    code = call(
        "op.alter_column",
        *place(new),
        type_=Source(spoken),
        existing_type=Source(sqlalchemy_type(had, context.actual) or "sa.types.NULLTYPE"),
        postgresql_using=using,
        schema=schema_argument(identity.schema),
    )
    return [*operations, Operation(sql, code, caution)]


def conversion(column: str, had: str, wanted: str) -> str | None:
    """The USING expression that a change of type needs; None if the server converts by itself."""
    old, new = (base_type(text) for text in (had, wanted))
    if old == new or any({old, new} <= family for family in FAMILIES):
        return None
    strings = FAMILIES[1]
    if new in strings and old not in strings and "." not in old:
        return None
    direct = old in strings or new in strings or any({old, new} <= casts for casts in _CASTS)
    if old.endswith("[]") and new.endswith("[]"):
        direct = direct or any({old[:-2], new[:-2]} <= family for family in FAMILIES)
    return f"{column}::{wanted}" if direct else f"{column}::text::{wanted}"


def base_type(text: str) -> str:
    return re.sub(r"\(\d+(?:, ?-?\d+)?\)", "", text)


def _narrows(had: str, wanted: str) -> bool:
    sizes = ("smallint", "integer", "bigint", "numeric")
    if had in sizes and wanted in sizes:
        return sizes.index(wanted) < sizes.index(had)
    if wanted in ("text", "character varying") or (had, wanted) == ("real", "double precision"):
        return False
    lengths = [re.search(r"\((\d+)\)", text) for text in (had, wanted)]
    if base_type(had) == base_type(wanted) and lengths[0] and lengths[1]:
        return int(lengths[1][1]) < int(lengths[0][1])
    return True
