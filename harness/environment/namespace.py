"""Inside: where a name without a schema lands on the migrations' own connection.

A tenant-style `env.py` sets a search path, or gives its connection a `schema_translate_map`, before it configures:
https://alembic.sqlalchemy.org/en/latest/cookbook.html#rudimental-schema-level-multi-tenancy-for-postgresql-databases
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.environment.statements import statement

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext
    from sqlalchemy.engine import Engine


@dataclass(frozen=True)
class Namespace:
    """What a connection makes of names without a schema.

    Attributes:
        database: the database that it is in.
        default_schema: the schema that such a table is made in.
        search_path: the session's own, as `env.py` or the connection's arguments set it; None if it is the server's.
        translate: SQLAlchemy's `schema_translate_map`.
    """

    database: str
    default_schema: str
    search_path: str | None
    translate: Mapping[str | None, str | None]

    def given_to(self, engine: Engine) -> Engine:
        """The same engine with the same namespace, on another database."""
        from sqlalchemy import event

        if (search_path := self.search_path) is not None:

            @event.listens_for(engine, "connect")
            def _set_search_path(connection: object, _record: object) -> None:
                with connection.cursor() as cursor:  # type: ignore[attr-defined]  # psycopg's, see Inside.engine
                    cursor.execute("select pg_catalog.set_config('search_path', %s, false)", (search_path,))
                connection.commit()  # type: ignore[attr-defined]  # as above

        return engine.execution_options(schema_translate_map=dict(self.translate)) if self.translate else engine


def namespace_of(context: MigrationContext) -> Namespace | None:
    """The namespace of the migrations' own connection; None without one, or on something that is not PostgreSQL."""
    connection = context.connection
    if connection is None or context.dialect.name != "postgresql":
        return None
    database, schema, search_path = connection.exec_driver_sql(statement("namespace")).one()
    translate: Mapping[str | None, str | None] = connection.get_execution_options().get("schema_translate_map") or {}
    # No schema of the search path may be there yet.
    default = translate.get(None) or schema or connection.dialect.default_schema_name or "public"
    return Namespace(database, default, search_path, translate)
