"""Inside: the schema that the models describe, made on a scratch database of its own by `metadata.create_all`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.environment.metadata import metadata_in
from harness.environment.records import to_json

if TYPE_CHECKING:
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection, Engine

    from harness.environment.inside import Inside

# PostgreSQL: duplicate_schema and duplicate_object, for a schema or an extension that is there already.
_THERE_ALREADY = re.compile(r'^(schema|extension) "((?:[^"]|"")+)" already exists')


def configured_metadata(inside: Inside) -> list[MetaData]:
    """Every MetaData that `env.py` passed to `context.configure`, in order, each once."""
    return metadata_in(*(options.get("target_metadata") for options in inside.configured))


def create_all(inside: Inside, url: str, schemas: Sequence[str], extensions: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Make the models' schema on the database of `url`.

    Schemas and extensions come first, since models cannot say them but their types and tables need them; enum and
    domain types attach their own `before_create` listeners, so later would be too late. What the models' own listeners
    insist on making is left to them.

    Args:
        schemas: names of schemas to make.
        extensions: name and schema of each extension to make.

    Returns:
        `failure`, a `Failure` or None, and `culprits`: for each model that cannot be created, its `table` (the key in
        the MetaData), `part` (a column's, constraint's or index's name, None if it is the whole) and `failure`. There
        may be a failure without a culprit.
    """
    from harness.models.culprits import culprits

    engine = _engine(inside, url)
    left_to_models: set[str] = set()
    try:
        _prepare(engine, schemas, extensions)
        error = _create(inside, engine)
        while error is not None and (there := _THERE_ALREADY.match(inside.describe(error).message)):
            if there[2] in left_to_models:
                break
            left_to_models.add(there[2])
            _unprepare(engine, schemas, extensions)
            _prepare(
                engine,
                [schema for schema in schemas if schema not in left_to_models],
                [pair for pair in extensions if left_to_models.isdisjoint(pair)],
            )
            error = _create(inside, engine)
        if error is None:
            return {"failure": None, "culprits": []}
        found = culprits(inside, engine, configured_metadata(inside))
        return {"failure": to_json(inside.describe(error)), "culprits": found}
    finally:
        engine.dispose()


def _engine(inside: Inside, url: str) -> Engine:
    """An engine on another database, on which names without a schema land where the migrations' own do."""
    engine = inside.engine(url)
    return engine if inside.namespace is None else inside.namespace.given_to(engine)


def _prepare(engine: Engine, schemas: Sequence[str], extensions: Sequence[Sequence[str]]) -> None:
    from sqlalchemy import text

    quote = engine.dialect.identifier_preparer.quote_identifier
    with engine.begin() as connection:
        for schema in schemas:
            connection.execute(text(f"create schema if not exists {quote(schema)}"))
        for name, schema in extensions:
            connection.execute(text(f"create extension if not exists {quote(name)} schema {quote(schema)} cascade"))


def _unprepare(engine: Engine, schemas: Sequence[str], extensions: Sequence[Sequence[str]]) -> None:
    """Take back what `_prepare` made; `public` was there before."""
    from sqlalchemy import text

    quote = engine.dialect.identifier_preparer.quote_identifier
    with engine.begin() as connection:
        for name, _ in extensions:
            connection.execute(text(f"drop extension if exists {quote(name)} cascade"))
        for schema in schemas:
            if schema != "public":
                connection.execute(text(f"drop schema if exists {quote(schema)} cascade"))


def _create(inside: Inside, engine: Engine) -> Exception | None:
    try:
        with engine.begin() as connection:
            for metadata in configured_metadata(inside):
                metadata.create_all(connection)
    except Exception as error:
        return error
    return None


def clear(inside: Inside, url: str) -> None:
    """Drop from a clone of the migrated database what the models make themselves, and every table and view.

    What is left is what only migrations make and models may stand on: functions, domains, types with
    `create_type=False`, text search configurations.
    """
    from sqlalchemy.dialects.postgresql import DOMAIN
    from sqlalchemy.types import Enum

    from harness.models.types import types_of

    engine = _engine(inside, url)
    preparer: Any = engine.dialect.identifier_preparer
    try:
        with engine.begin() as connection:
            _drop_relations(connection)
            for metadata in configured_metadata(inside):
                # Not metadata.drop_all: it would fire the models' own listeners.
                for sequence in metadata._sequences.values():
                    connection.exec_driver_sql(f"drop sequence if exists {preparer.format_sequence(sequence)} cascade")
                for kind, _ in types_of(metadata):
                    made = isinstance(kind, (Enum, DOMAIN)) and getattr(kind, "create_type", True)
                    if made and kind.name is not None:
                        word = "domain" if isinstance(kind, DOMAIN) else "type"
                        connection.exec_driver_sql(f"drop {word} if exists {preparer.format_type(kind)} cascade")
    finally:
        engine.dispose()


def _drop_relations(connection: Connection) -> None:
    from importlib import resources

    from sqlalchemy import text

    query = (resources.files(__package__) / "sql" / "own_relations.sql").read_text(encoding="utf-8")
    for kind, name in connection.execute(text(query)).all():
        connection.exec_driver_sql(f"drop {kind} if exists {name} cascade")
