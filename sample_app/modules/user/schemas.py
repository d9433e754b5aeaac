"""What the addresses' endpoints take and give."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import BaseModel, StringConstraints

from sample_app.schemas import FromModel, LongName, Name


class AddressIn(BaseModel):
    """A new address."""

    street: LongName
    city: Name
    country: Annotated[str, StringConstraints(to_upper=True, pattern=r"^[A-Za-z]{2}$")]


class AddressOut(FromModel):
    """An address."""

    id: uuid.UUID
    street: str
    city: str
    country: str
