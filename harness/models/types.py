"""Inside: the named types that columns of a MetaData use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData


def types_of(metadata: MetaData) -> Iterator[tuple[Any, Column[Any]]]:
    """Each column's type, as PostgreSQL gets it, and the types that it is made of (an array's items), with the
    column.
    """
    for table in metadata.tables.values():
        for column in table.columns:
            pending: list[Any] = [column.type]
            while pending:
                kind = _for_postgresql(pending.pop())
                yield kind, column
                pending += [part for name in ("item_type", "data_type") if (part := getattr(kind, name, None))]


def _for_postgresql(kind: Any) -> Any:
    """The type that stands below decorators and variants."""
    from sqlalchemy.dialects.postgresql import dialect
    from sqlalchemy.types import TypeDecorator

    kind = getattr(kind, "_variant_mapping", {}).get("postgresql", kind)
    if isinstance(kind, TypeDecorator):
        return _for_postgresql(kind.load_dialect_impl(dialect()))  # type: ignore[no-untyped-call]  # SQLAlchemy has no types here
    return kind
