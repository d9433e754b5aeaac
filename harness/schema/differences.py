"""A difference, and how an object or an attribute is printed in one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from harness.findings import DatabaseObject
from harness.schema.model import SchemaObject, Value

Change = Literal["missing", "extra", "changed", "renamed"]


@dataclass(frozen=True)
class Difference:
    """One object added, missing, changed or renamed between two schemas.

    Attributes:
        change: relative to the expected schema: `missing` is what only that one has. `renamed` says that an object has
            the same definition under another name; of a schema, table or column it is a proposal, and the missing and
            the extra object that it was made of are among its consequences.
        object: what it is about, under its expected name (an extra object under its actual one).
        attribute: of a changed object, the attribute; of a renamed one, `name` or `schema`.
        expected: the expected definition, value or name; None for what is not there.
        actual: the same of the actual schema.
        consequences: what follows from this difference and needs no repair of its own.
    """

    change: Change
    object: DatabaseObject
    attribute: str | None = None
    expected: str | None = None
    actual: str | None = None
    consequences: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        what = f"{self.object.kind} {self.object}"
        if self.change in ("missing", "extra"):
            return f"{self.change}: {what}"
        return f"{self.change}: {what}: {self.attribute}: expected {self.expected}, actual {self.actual}"

    def walk(self) -> Iterator[Difference]:
        """This difference, then all its consequences, depth first."""
        yield self
        for consequence in self.consequences:
            yield from consequence.walk()


def printed(value: Value) -> str | None:
    """An attribute's value, as people read it."""
    return ", ".join(value) if isinstance(value, tuple) else value


# What a definition leaves out: it is said elsewhere or says little.
_SILENT = frozenset({"owner", "grants", "comment", "position", "access_method", "persistence"})

# The attributes that say what they are without their name.
_PLAIN = frozenset(
    {
        "type",
        "nullable",
        "columns",
        "labels",
        "definition",
        "expression",
        "deferrable",
        "validated",
        "attributes",
        "body",
    }
)


def describe(item: SchemaObject) -> str:
    """A whole object on one line: its attributes in the order that the catalog query has them."""
    parts = []
    for name, value in item.attributes.items():
        text = printed(value)
        if name in _SILENT or not text:
            continue
        parts.append(text.strip() if name in _PLAIN else f"{name.replace('_', ' ')} {text}")
    return " ".join(parts) or item.identity.kind
