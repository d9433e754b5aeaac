"""Where people want their parcels."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sample_app.core.base import Base, Timestamps, UuidKey
from sample_app.models.user import AppUser


class UserAddress(UuidKey, Timestamps, Base):
    """A postal address; `country` is an ISO 3166 code of two letters."""

    __tablename__ = "user_address"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("app_user.id", ondelete="CASCADE"), index=True)
    street: Mapped[str] = mapped_column(String(200))
    city: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))

    user: Mapped[AppUser] = relationship(lazy="raise")
