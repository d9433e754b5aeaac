"""Inside: what a step leaves on its connection besides what it commits, taken back before the next one.

Deploys of one revision each have a connection each; a walk has one for all of them. Settings (`SET search_path TO …`),
the role, and temporary tables that outlive their step would be there for the next one, where no deploy would find them.
What `env.py` itself has set before its migrations stays, since it would set it for each deploy.
"""

from __future__ import annotations

import re
from typing import Any

from harness.environment.statements import statement

# A statement after which something may be left. `UPDATE … SET` and `ALTER … SET` are no such; one too many costs a
# look, one that is missed a fault.
_MAY_LEAVE = re.compile(
    r"(?:^|[;(']|\*/|\$\$|\$\w+\$|\b(?:begin|then|else|loop|execute))\s*(?:re)?set\s|\bset_config\b|\b(?:pg_)?temp(?:orary)?\b",
    re.IGNORECASE | re.MULTILINE,
)

# Who the session is decides what it may set, so these come first.
_IDENTITY = ("session_authorization", "role")
# What a revision sets for itself may be too short for us.
_TIMEOUT = "statement_timeout"


def may_leave_something(text: str) -> bool:
    """Whether a statement may change the session that it runs in."""
    words = text.lower()
    return ("set" in words or "temp" in words) and _MAY_LEAVE.search(text) is not None


class Session:
    """The session of the migrations' connection as `env.py` has made it.

    Args:
        connection: the driver's connection; it must stand between two transactions, and does so afterwards.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._settings = self._read()
        connection.commit()

    def restore(self) -> None:
        """Take back what was set since, and drop temporary tables; commit that.

        Raises:
            Exception: the driver's, where the connection is lost.
        """
        self._run(f"set local {_TIMEOUT} = 0")
        now = self._read()
        names = [*_IDENTITY, *sorted(({*now, *self._settings}) - {*_IDENTITY})]
        for name in names:
            wanted = self._settings.get(name)
            if wanted != now.get(name) or name == _TIMEOUT:
                self._run(f"reset {_identifier(name)}" if wanted is None else _set(name, wanted))
        self._run("discard temp")
        self._connection.commit()

    def _read(self) -> dict[str, str]:
        cursor = self._connection.cursor()
        cursor.execute(statement("session_settings"))
        found = {str(name): str(value) for name, value in cursor.fetchall()}
        cursor.close()
        return found

    def _run(self, text: str) -> None:
        cursor = self._connection.cursor()
        cursor.execute(text)
        cursor.close()


def _identifier(name: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in name.split("."))


def _set(name: str, value: str) -> str:
    """`SET` for a value as `pg_settings` shows it, which `set_config` takes back as it is."""
    return f"select pg_catalog.set_config({_literal(name)}, {_literal(value)}, false)"


def _literal(value: str) -> str:
    escaped = value.replace("'", "''").replace("\\", "\\\\")
    return f"e'{escaped}'"
