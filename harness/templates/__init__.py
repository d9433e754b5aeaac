"""Databases at a revision, made once and cloned: for tests that begin there, and for walks that do.

`Templates` keeps, for one project on one server, template databases at revisions that were asked for. They are named by
a hash of all that decides what is in them, so that processes which share a server share them too.
"""

from __future__ import annotations

from harness.templates.making import Start, Templates

__all__ = ["Start", "Templates"]
