"""Where PostgreSQL comes from, and the scratch databases made on it.

`open_server` starts (or connects to) a PostgreSQL; a `ScratchDatabase` is a database that we created there and will drop.
"""

from __future__ import annotations
