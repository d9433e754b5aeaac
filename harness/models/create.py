"""Inside: the schema that the models describe, made on a scratch database of its own by `metadata.create_all`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.environment.records import to_json

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from harness.environment.inside import Inside


def configured_metadata(inside: Inside) -> list[MetaData]:
    """Every MetaData that `env.py` passed to `context.configure`, in order, each once."""
    found: list[MetaData] = []
    for options in inside.configured:
        metadata = options.get("target_metadata")
        for one in metadata if isinstance(metadata, (list, tuple)) else [metadata]:
            if one is not None and all(one is not other for other in found):
                found.append(one)
    return found


def create_all(inside: Inside, url: str, schemas: Sequence[str], extensions: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Make the models' schema on the database of `url`.

    Schemas and extensions come first, since models cannot say them but their types and tables need them; enum and
    domain types attach their own `before_create` listeners, so later would be too late.

    Args:
        schemas: names of schemas to make.
        extensions: name and schema of each extension to make.

    Returns:
        `failure`, a `Failure` or None, and `table`, the table that could not be made, if it can be told.
    """
    from sqlalchemy import text

    engine = inside.engine(url)
    quote = engine.dialect.identifier_preparer.quote_identifier
    try:
        with engine.begin() as connection:
            for schema in schemas:
                connection.execute(text(f"create schema if not exists {quote(schema)}"))
            for name, schema in extensions:
                connection.execute(text(f"create extension if not exists {quote(name)} schema {quote(schema)} cascade"))
        try:
            with engine.begin() as connection:
                for metadata in configured_metadata(inside):
                    metadata.create_all(connection)
        except Exception as error:
            return {"failure": to_json(inside.describe(error))}
    finally:
        engine.dispose()
    return {"failure": None}
