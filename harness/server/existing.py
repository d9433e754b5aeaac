"""A server that somebody else runs: databases of ours are made on it and dropped again, and nothing else is touched."""

from __future__ import annotations

from harness.server.base import Server


class ExistingServer(Server):
    """A server that is there already, and stays.

    Raises:
        VerdictError: it cannot be reached, is too old, or does not let us create databases.
    """

    def __init__(self, url: str, kind: str, why: str) -> None:
        self.kind = kind
        super().__init__(url, why)

    def _release(self) -> None:
        self._drop_all()
