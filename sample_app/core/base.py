"""The declarative base and the mixins that models are put together from.

Mixins say where their columns stand (`sort_order`): keys and timestamps first, `deleted_at` last. A column that a
later migration adds comes at the end of its table, so that models and database agree on the order of columns too.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import DateTime, FetchedValue, MetaData, Uuid, func, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The base of every model; its metadata is what Alembic compares the database with."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    # Values that the server makes come back with RETURNING: an expired attribute would be loaded lazily, and an
    # AsyncSession cannot do that.
    __mapper_args__ = {"eager_defaults": True}  # noqa: RUF012 - DeclarativeBase types it so that ClassVar is refused


class UuidKey:
    """A primary key that the server makes up."""

    id: Mapped[uuid.UUID] = mapped_column(
        Uuid, primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-100
    )


class Timestamps:
    """When the row came to be and when it last changed; a trigger keeps `updated_at` (see `sample_app.core.ddl`)."""

    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now(), sort_order=-90)
    updated_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), server_default=func.now(), server_onupdate=FetchedValue(), sort_order=-80
    )


class SoftDelete:
    """Rows that are marked instead of removed; `sample_app.core.database` hides the marked ones from queries."""

    deleted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True), sort_order=100)
