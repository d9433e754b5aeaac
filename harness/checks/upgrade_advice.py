"""What to type when the upgrade in one go and the one step by step disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from harness.checks.context import CheckContext
from harness.environment import Failure, RevisionInfo

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNSAFE_NEW_ENUM_VALUE = "55P04"
_OUT_OF_MEMORY = "53200"
_OBJECT_IN_USE = "55006"
_DUPLICATE_OBJECT = "42710"
_UNDEFINED_TABLE = "42P01"

_ONE_TRANSACTION_EACH = "set transaction_per_migration=True in env.py's context.configure()"
_CREATE_TYPE = re.compile(r"\s*create\s+type\s+(\S+)\s+as\s+(enum)?", re.IGNORECASE)


def for_both_ways(failure: Failure) -> str:
    """For a failure in one go that happens step by step, too."""
    shown = "`alembic upgrade head` on an empty database shows the same."
    if failure.sqlstate == _UNDEFINED_TABLE:
        return (
            "Correct the revision; or, if the first tables are made by something else (metadata.create_all, an older "
            f"tool), let the history begin with a revision that makes them. {shown}"
        )
    return f"Correct the revision; {shown}"


def for_one_go(context: CheckContext, failure: Failure, revisions: Sequence[str]) -> str:
    """For a failure in one go that does not happen step by step.

    Args:
        failure: what PostgreSQL said.
        revisions: the revisions in the order they were begun, the failing one last.
    """
    if failure.sqlstate == _UNSAFE_NEW_ENUM_VALUE:
        return (
            f"Let {_where_added(context, failure, revisions)} commit the new value at once: put ALTER TYPE … ADD VALUE "
            f"in `with op.get_context().autocommit_block():`; or {_ONE_TRANSACTION_EACH}."
        )
    if failure.sqlstate == _OUT_OF_MEMORY and "max_locks_per_transaction" in (failure.hint or ""):
        return (
            "One transaction holds a lock on every table and index that it makes, and here they are too many: "
            f"{_ONE_TRANSACTION_EACH}; or raise max_locks_per_transaction on the servers that are deployed to."
        )
    if failure.sqlstate == _OBJECT_IN_USE:
        return (
            "End the revision that wrote the rows with op.execute('set constraints all immediate'); "
            f"or {_ONE_TRANSACTION_EACH}."
        )
    return f"Either {_ONE_TRANSACTION_EACH}, or use op.get_context().autocommit_block() in the revision."


def for_steps(context: CheckContext, revision: str, failure: Failure) -> str:
    """For a failure step by step that does not happen in one go."""
    info = context.history.get(revision)
    path = "the revision" if info is None else context.project.location(info.path)
    created = _CREATE_TYPE.match(failure.sql or "")
    if created is not None and failure.sqlstate == _DUPLICATE_OBJECT:
        kind = "ENUM(..., " if created[2] else "the type with "
        name = created[1].rpartition(".")[2].strip('"')
        return (
            f'In {path}, let the column use the type that is there already: {kind}name="{name}", create_type=False) '
            "of sqlalchemy.dialects.postgresql."
        )
    return (
        f"Let {path} make what it needs by itself: what an earlier revision sets or makes for its transaction or "
        "session (SET, a temporary table) is gone when that was deployed on another day."
    )


def for_difference(revision: RevisionInfo | None) -> str:
    """For something that is made in both ways, but not alike."""
    which = "the revision" if revision is None else f"revision {revision.id}"
    return (
        f"Let {which} say what it means, whatever ran before it and whenever it runs: name the schema, "
        "set no search_path or default for the revisions that follow, and use no clock and no random names."
    )


def _where_added(context: CheckContext, failure: Failure, revisions: Sequence[str]) -> str:
    """The revision that adds the enum's value, as PostgreSQL quotes it, or words for it."""
    value = re.search(r'"([^"]*)"', failure.message)
    for revision in map(context.history.get, revisions):
        if value is None or revision is None:
            continue
        text = Path(revision.path).read_text(encoding="utf-8", errors="replace")
        found = re.search(rf"add\s+value\b[^\n]*{re.escape(value[1])}", text, re.IGNORECASE)
        if found is not None:
            line = text.count("\n", 0, found.start()) + 1
            return f"revision {revision.id} ({context.project.location(revision.path)}:{line})"
    return "the revision that adds it"
