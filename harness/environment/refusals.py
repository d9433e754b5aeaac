"""Inside: the first statement that PostgreSQL refused in a transaction, for when the user's code caught that error.

After it PostgreSQL refuses all that follows in the transaction, and what ends the step at last ("current transaction is
aborted") says nothing of the cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, ExceptionContext

# https://www.postgresql.org/docs/current/errcodes-appendix.html
IN_FAILED_TRANSACTION = "25P02"


class Refusals:
    """What PostgreSQL refused in the transaction that is open, and what in the one that was last spoilt."""

    def __init__(self) -> None:
        self._first: BaseException | None = None
        self._spoilt: tuple[BaseException, BaseException] | None = None

    def install(self) -> None:
        """Watch every engine from now on."""
        from sqlalchemy import event
        from sqlalchemy.engine import Engine

        event.listen(Engine, "handle_error", self._refused)
        event.listen(Engine, "commit", self._settled)
        event.listen(Engine, "rollback", self._settled)
        event.listen(Engine, "rollback_savepoint", self._settled)

    def settle(self) -> None:
        """A transaction ends, or goes back to a savepoint."""
        self._first = None

    def before(self, error: BaseException) -> BaseException | None:
        """The error that came first in the transaction of another one, which may have been rolled back since."""
        return self._spoilt[1] if self._spoilt is not None and self._spoilt[0] is error else None

    def _refused(self, context: ExceptionContext) -> None:
        error = context.sqlalchemy_exception
        if error is None:
            return
        if self._first is None:
            # It is still to be raised: its traceback grows until somebody catches it.
            self._first = error
        else:
            self._spoilt = (error, self._first)

    def _settled(self, _connection: Connection, *_names: object) -> None:
        self.settle()
