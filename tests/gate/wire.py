"""A wire between the gate and a live server that can be listened to, cut, or go dead in the middle of an answer."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Wire:
    """Passes connections on to a server.

    Attributes:
        limit: after so many bytes from the server the wire is cut; None never.
        silent: whether at that point it goes dead instead, with both ends open.
        sent: every byte that clients sent.
    """

    def __init__(self, host: str, port: int) -> None:
        self.limit: int | None = None
        self.silent = False
        self.sent = b""
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, url: str) -> str:
        """The URL of a database by way of this wire."""
        parts = urlsplit(url)
        return url.replace(f":{parts.port}/", f":{self.port}/")

    def close(self) -> None:
        self._listener.close()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
            except OSError:
                return
            self._open += [client, server]
            threading.Thread(target=self._pass, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._pass, args=(server, client, False), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket, is_client: bool) -> None:
        passed = 0
        try:
            while data := source.recv(4096):
                passed += len(data)
                if is_client:
                    self.sent += data
                elif self.limit is not None and passed > self.limit:
                    if self.silent:
                        continue
                    break
                target.sendall(data)
        except OSError:
            pass  # one end went away: so does the other
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it was closed already


@contextmanager
def wire_to(url: str) -> Iterator[Wire]:
    """A wire to the server of a URL."""
    parts = urlsplit(url)
    wire = Wire(parts.hostname or "", parts.port or 5432)
    try:
        yield wire
    finally:
        wire.close()
