"""The models' side of `drift`: the schema that `metadata.create_all` makes, or which model it fails on."""

from __future__ import annotations

from dataclasses import dataclass

from harness.checks.context import CheckContext
from harness.checks.upgrading import Deployed, default_schema, read
from harness.environment import Failure
from harness.environment.records import from_json
from harness.schema import Schema

# PostgreSQL: undefined_object, undefined_function, undefined_table, invalid_schema_name. What the models miss may be
# what only a migration makes.
_UNDEFINED = frozenset({"42704", "42883", "42P01", "3F000"})


@dataclass(frozen=True)
class Culprit:
    """A model that cannot be created: its table's key in the MetaData, and the part of it, if that can be told."""

    table: str
    part: str | None
    failure: Failure


@dataclass(frozen=True)
class ModelsSchema:
    """What `create_all` made; after a `failure`, whatever was there before it."""

    schema: Schema
    failure: Failure | None
    culprits: tuple[Culprit, ...]


def build(context: CheckContext, head: Deployed) -> ModelsSchema:
    """Make the models' schema on a scratch database of its own.

    That database is empty but for the schemas and extensions that the migrated one has. Models that stand on what only
    a migration makes (a function in a default, a domain, an enum with `create_type=False`) cannot be created there:
    they get a clone of the migrated database from which all that they make themselves was dropped.
    """
    schemas = {identity.name for identity in head.schema.objects if identity.kind == "schema"}
    schemas |= {key.rpartition(".")[0] for one in head.configured for key in one.metadata_tables or () if "." in key}
    extensions = [
        (identity.name, str(found.attributes.get("installed_in") or default_schema(head.configured)))
        for identity, found in head.schema.objects.items()
        if identity.kind == "extension"
    ]
    first = _create(context, None, sorted(schemas), extensions)
    if first.failure is None or first.failure.sqlstate not in _UNDEFINED:
        return first
    second = _create(context, head, sorted(schemas), extensions)
    return first if second.failure is not None else second


def _create(
    context: CheckContext, head: Deployed | None, schemas: list[str], extensions: list[tuple[str, str]]
) -> ModelsSchema:
    template = None if head is None else head.database
    database = context.own(context.server.create_database("models", template=template))
    if head is not None:
        context.head_run.call("harness.models.create:clear", url=database.url)
    answer = context.head_run.call(
        "harness.models.create:create_all", url=database.url, schemas=schemas, extensions=extensions
    )
    failure = answer["failure"]
    culprits = tuple(
        Culprit(one["table"], one["part"], from_json(Failure, one["failure"])) for one in answer["culprits"]
    )
    return ModelsSchema(read(database), None if failure is None else from_json(Failure, failure), culprits)
