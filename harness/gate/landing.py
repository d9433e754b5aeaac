"""The history run so that names without a schema land where they landed on a live database."""

from __future__ import annotations

from harness.findings import VerdictError
from harness.gate.expected import Built, Ground
from harness.gate.live import Live
from harness.gate.position import Position
from harness.schema import Schema


def built_like(ground: Ground, live: Live, actual: Schema, position: Position) -> Built:
    """A scratch database at the revisions of a live one.

    Which search path led its history is seen by what is set today. Who owns the tables may not be who ran it, and what
    is set may be newer: where PostgreSQL's usual path makes what is more like the live database, that one led it.

    Args:
        ground: where it is made.
        live: the live database.
        actual: its schema.
        position: where it stands.

    Raises:
        VerdictError: the history cannot be run that far.
    """

    def usual() -> Built:
        return ground.at(position.standing, tracked=position.is_tracked)

    if live.path is None:
        return usual()
    try:
        led = ground.at(position.standing, tracked=position.is_tracked, path=live.path)
    except VerdictError:
        return usual()
    unlike = _unlike(led, actual)
    if not unlike or not position.rows:
        return led
    try:
        other = usual()
    except VerdictError:
        return led
    return other if _unlike(other, actual) < unlike else led


def _unlike(built: Built, actual: Schema) -> int:
    """How many objects only one of the two has."""
    set_up = ("schema", "setting")
    here, there = (
        {identity for identity in schema.objects if identity.kind not in set_up} for schema in (built.schema, actual)
    )
    return len(here ^ there)
