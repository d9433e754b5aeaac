"""Inside: an `EnvironmentContext` that remembers what `env.py` configures, and hands the walk to the pilot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.runtime.environment import EnvironmentContext

from alembic import context as alembic_context
from harness.environment.metadata import metadata_fault, metadata_in
from harness.environment.pilot import Pilot
from harness.environment.records import Configured

if TYPE_CHECKING:
    from harness.environment.inside import Inside

# What is kept beside the arguments of `context.configure`.
_NOT_OPTIONS = ("migration_context", "namespace")


class CapturingContext(EnvironmentContext):
    """The context that `from alembic import context` gives to `env.py`.

    Entering it installs the `alembic.context` proxy, so an unmodified `env.py` speaks to it.
    """

    def __init__(self, inside: Inside, *, as_sql: bool) -> None:
        self._inside = inside
        super().__init__(
            inside.config,
            inside.script,
            fn=Pilot(inside).steps if inside.scribe is None else inside.scribe.steps,
            as_sql=as_sql,
            starting_rev=None,
            destination_rev="heads",
            tag=None,
        )

    def configure(self, *args: Any, **options: Any) -> None:
        """As Alembic's; the options are kept with the migration context that they made."""
        super().configure(*args, **options)
        self._inside.configured.append({**options, "migration_context": self.get_context(), "namespace": None})
        if self._inside.scribe is not None:
            self._inside.scribe.listen(self.get_context())

    def run_migrations(self, **kw: Any) -> None:
        """As Alembic's, with the arguments for revisions kept for the pilot; in an inspecting run, nothing."""
        scribe = self._inside.scribe
        if self._inside.mode == "inspect" or (scribe is not None and scribe.has_run(self.get_context())):
            return
        self._inside.migration_arguments = kw
        super().run_migrations(**kw)


# Alembic keeps the list of proxied names per exact class, so a subclass must be announced to the module as its base
# was.
CapturingContext.create_module_class_proxy(vars(alembic_context), vars(alembic_context))


def summary(options: dict[str, Any]) -> Configured:
    """What one `context.configure` call said, in words."""
    context, namespace = options["migration_context"], options["namespace"]
    passed = options.get("target_metadata")
    tables = None if passed is None else tuple(sorted(key for one in metadata_in(passed) for key in one.tables))
    return Configured(
        dialect=context.dialect.name,
        driver=context.dialect.driver or "",
        version_table=context.version_table,
        version_table_schema=context.version_table_schema,
        default_schema=namespace.default_schema if namespace is not None else "public",
        metadata_tables=tables,
        metadata_fault=metadata_fault(passed),
        include_schemas=bool(options.get("include_schemas")),
        options=tuple(sorted(key for key, value in options.items() if value is not None and key not in _NOT_OPTIONS)),
    )
