"""What an offline run tells the outside: the script, in the order in which it was written, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from harness.environment.records import Failure

# Why a revision is not in the script: it needs a connection, refuses to run offline, gave parameters to a statement
# that has nobody to send them, or its code fails.
Reason = Literal["connection", "refusal", "parameters", "code"]

# What Alembic remembers within one run: of each kind of type, the schemas and names of those that it has made.
Memory = dict[str, list[list[str | None]]]


@dataclass(frozen=True)
class Written:
    """One text that went into the script.

    Attributes:
        text: as it was written; empty where a revision is left out.
        revision: the revision whose `upgrade()` wrote it; None for what Alembic or `env.py` added.
        path, line: the innermost line of the user's own files that wrote it, absolute path; None beside `revision`.
        left_out: this is the place of a revision that could not be written.
        memory: there, what Alembic remembered when that revision began.
        turn: there, which of the calls of `context.run_migrations()` it was in, counted from 1.
        printed: it went to the standard output, which is the script, and not through Alembic.
    """

    text: str
    revision: str | None = None
    path: str | None = None
    line: int | None = None
    left_out: bool = False
    memory: Memory | None = None
    turn: int = 1
    printed: bool = False


@dataclass(frozen=True)
class Obstacle:
    """A revision that offline mode cannot write, or not wholly.

    Attributes:
        path, line: where it asked the database for something, absolute path; else where it failed.
        failure: its exception; None if it went on, with parameters lost or a connection of its own opened.
    """

    revision: str
    reason: Reason
    path: str | None = None
    line: int | None = None
    failure: Failure | None = None


@dataclass(frozen=True)
class OfflineScript:
    """What an offline run of `env.py` left.

    Attributes:
        revisions: the revisions in their order, the obstacles' too.
        connections: how many connections `env.py` opened outside of the revisions.
    """

    revisions: tuple[str, ...]
    written: tuple[Written, ...]
    obstacles: tuple[Obstacle, ...]
    connections: int
