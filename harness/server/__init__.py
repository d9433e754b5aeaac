"""Where PostgreSQL comes from, and the scratch databases made on it.

`open_server` starts (or connects to) a PostgreSQL; `attach_server` uses one that somebody else keeps running; a
`ScratchDatabase` is a database that we created there and will drop.
"""

from __future__ import annotations

from harness.server.base import Server
from harness.server.choice import attach_server, open_server
from harness.server.scratch import ScratchDatabase

__all__ = ["ScratchDatabase", "Server", "attach_server", "open_server"]
