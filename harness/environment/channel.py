"""One JSON message a line over a socket: how the outside pilots the inside."""

from __future__ import annotations

import json
import socket
from typing import Any


class ChannelClosed(Exception):
    """The other side is gone."""


class Channel:
    """A bidirectional stream of JSON objects. `receive` waits for at most `timeout` seconds (None: for ever)."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._pending = bytearray()

    def send(self, message: dict[str, Any]) -> None:
        """Send one message.

        Raises:
            ChannelClosed: the other side is gone.
        """
        try:
            self._connection.settimeout(None)
            self._connection.sendall(json.dumps(message, default=str).encode() + b"\n")
        except OSError as error:
            raise ChannelClosed from error

    def receive(self, timeout: float | None = None) -> dict[str, Any]:
        """The next message.

        Raises:
            ChannelClosed: the other side is gone.
            TimeoutError: nothing came in time.
        """
        searched = 0
        while (end := self._pending.find(b"\n", searched)) < 0:
            searched = len(self._pending)
            try:
                self._connection.settimeout(timeout)
                data = self._connection.recv(1 << 16)
            except TimeoutError:
                raise
            except OSError as error:
                raise ChannelClosed from error
            if not data:
                raise ChannelClosed
            self._pending += data
        line = bytes(self._pending[:end])
        del self._pending[: end + 1]
        message: dict[str, Any] = json.loads(line)
        return message

    @property
    def holds_message(self) -> bool:
        """Whether the next message is here already."""
        return b"\n" in self._pending

    def close(self) -> None:
        """Close this end; the other side sees `ChannelClosed`."""
        self._connection.close()
