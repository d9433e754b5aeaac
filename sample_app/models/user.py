"""People with an account. The table is `app_user`, since `user` is a reserved word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy_utils import EmailType

from sample_app.core.base import Base, SoftDelete, Timestamps, UuidKey

if TYPE_CHECKING:
    from sample_app.models.order import CustomerOrder


class AppUser(UuidKey, Timestamps, SoftDelete, Base):
    """An account. An address is free again once its account is deleted."""

    __tablename__ = "app_user"
    __table_args__ = (
        Index("uq_app_user_email_active", "email", unique=True, postgresql_where=text("deleted_at is null")),
    )

    email: Mapped[str] = mapped_column(EmailType(255))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))

    orders: Mapped[list[CustomerOrder]] = relationship(back_populates="user", lazy="raise")
