"""For the length of a test, send every SQLAlchemy connection of this process to one scratch database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import Pool

from harness.environment import Project
from harness.environment.redirect import Redirect

_MARK = "harness_redirected"


class TemporaryRedirect(Redirect):
    """A redirect that ends: new connections go to the database, and pooled ones cross neither its begin nor its end."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._records: list[Any] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Redirect within this block."""
        listeners: list[tuple[type, str, Any]] = [
            (Engine, "do_connect", self._connect),
            (Pool, "connect", self._connected),
            (Pool, "checkout", self._checked_out),
        ]
        for target, name, function in listeners:
            event.listen(target, name, function)
        try:
            yield
        finally:
            for target, name, function in listeners:
                event.remove(target, name, function)
            for record in self._records:
                # A pool of the application must not keep a connection to a database that is about to be dropped.
                record.invalidate()

    def _connect(self, dialect: Any, record: Any, arguments: list[Any], parameters: dict[str, Any]) -> Any:
        # On copies, with a connection returned: SQLAlchemy 2.0.0 hands out the engine's own parameters, and a change of
        # those would last beyond this redirect.
        arguments, parameters = list(arguments), dict(parameters)
        self.do_connect(dialect, record, arguments, parameters)
        return dialect.connect(*arguments, **parameters)

    def _connected(self, _connection: Any, record: Any) -> None:
        record.info[_MARK] = self
        self._records.append(record)

    def _checked_out(self, _connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get(_MARK) is not self:
            # It was opened before the test began, to whatever the application's URL names: the pool connects anew.
            raise DisconnectionError("harness sends this connection to a scratch database")


@contextmanager
def redirected(url: str, project: Project) -> Iterator[None]:
    """Within this block, connections go to `url` and the project's environment variables (`env`) are set."""
    with pytest.MonkeyPatch.context() as patch, TemporaryRedirect(url).listening():
        for name, value in project.environment_for(url).items():
            patch.setenv(name, value)
        yield
