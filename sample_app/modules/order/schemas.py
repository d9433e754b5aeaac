"""What the shipments' endpoint gives."""

from __future__ import annotations

import uuid
from datetime import datetime

from sample_app.schemas import FromModel


class ShipmentOut(FromModel):
    """A parcel."""

    id: uuid.UUID
    carrier: str
    tracking_number: str | None
    created_at: datetime
