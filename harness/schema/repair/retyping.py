"""A type put in the place of another that has columns: an enum with a label less, a domain over another type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.schema.model import SchemaObject
from harness.schema.repair import columns, kinds
from harness.schema.repair.column_words import drop_default
from harness.schema.repair.common import Context, tuple_of
from harness.schema.repair.names import ident, literal, qualified, table_of
from harness.schema.repair.operation import Operation, execute

# Names are cut at 63 bytes.
_LONGEST = 54


def retype(
    new: SchemaObject, old: SchemaObject, moved: Iterable[tuple[SchemaObject, SchemaObject]], context: Context
) -> Iterator[Operation]:
    """Set the old type aside, make the new one, move the columns over, drop the old one.

    Args:
        new, old: the type as it should be and as it is.
        moved: the columns that are of it, each as it should be and as it is.
    """
    identity = new.identity
    word = "domain" if identity.kind == "domain" else "type"
    aside = identity._replace(name=f"{identity.name.encode()[:_LONGEST].decode(errors='ignore')}_replaced")
    yield execute(f"alter {word} {qualified(identity)} rename to {ident(aside.name)}")
    yield from kinds.create(new, context)
    gone = [
        label for label in tuple_of(old.attributes.get("labels")) if label not in tuple_of(new.attributes.get("labels"))
    ]
    for wanted, column in moved:
        yield from _move(wanted, column, qualified(identity), gone, context)
    yield execute(f"drop {word} {qualified(aside)}")


def _move(
    wanted: SchemaObject, column: SchemaObject, type_name: str, gone: list[str], context: Context
) -> Iterator[Operation]:
    here = SchemaObject(wanted.identity, column.attributes)
    table, own = table_of(wanted.identity), ident(wanted.identity.name)
    if "default" in column.attributes:
        yield drop_default(here)
    array = "[]" if str(column.attributes["type"]).endswith("[]") else ""
    shown = ", ".join(literal(label) for label in gone)
    caution = f"Fails while rows of {table} have {shown} in {own}: give them another value first." if gone else None
    using = f"{own}::text{array}::{type_name}{array}"
    yield execute(f"alter table {table} alter column {own} type {type_name}{array} using {using}", caution)
    if "default" in wanted.attributes:
        yield from columns.alter(wanted, here, ["default"], context)
