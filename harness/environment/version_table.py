"""Inside: where the walk stands, written to the version table with Alembic's own statement, but compiled only once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from alembic.runtime.migration import HeadMaintainer
from alembic.util import CommandError
from sqlalchemy import literal_column

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext

# What stands for the revisions in the compiled statement, and names that can take that place as they are.
_FROM, _TO = "harness_from_revision", "harness_to_revision"
_PLAIN = re.compile(r"[A-Za-z0-9_.-]+")


class VersionTable(HeadMaintainer):
    """Alembic's own keeper of the heads.

    Alembic writes the revisions into the statement that moves a row from one to the next, so that SQLAlchemy has a new
    one to compile at each step, which takes a fifth of the time that a short migration takes.

    Raises:
        CommandError: the row is not there, or more than once, in Alembic's words.
    """

    def __init__(self, context: MigrationContext, heads: Iterable[str]) -> None:
        super().__init__(context, heads)
        self._compiled: str | None = None

    def _update_version(self, from_: str, to_: str) -> None:
        connection = self.context.connection
        assert connection is not None
        # Another schema at each execution is SQLAlchemy's business.
        translated = "schema_translate_map" in connection.get_execution_options()
        if translated or not (_PLAIN.fullmatch(from_) and _PLAIN.fullmatch(to_)):
            super()._update_version(from_, to_)
            return
        statement = self._statement().replace(_FROM, from_).replace(_TO, to_)
        found = connection.exec_driver_sql(statement).rowcount
        if found != 1:
            raise CommandError(
                f"Online migration expected to match one row when updating '{from_}' to '{to_}' in "
                f"'{self.context.version_table}'; {found} found"
            )
        self.heads.remove(from_)
        self.heads.add(to_)

    def _statement(self) -> str:
        if self._compiled is None:
            table = self.context._version
            update = (
                table.update()
                .values(version_num=literal_column(f"'{_TO}'"))
                .where(table.c.version_num == literal_column(f"'{_FROM}'"))
            )
            self._compiled = str(update.compile(dialect=self.context.dialect))
        return self._compiled
