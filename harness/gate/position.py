"""Where a live database stands in the history, and what the deploy has yet to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql

from harness.environment import Project
from harness.findings import Finding, Location, Severity
from harness.gate.absent import trace
from harness.gate.lineage import Lineage
from harness.gate.live import Live, VersionTable, require_readable
from harness.gate.rules import AHEAD, NO_VERSION_TABLE, PENDING, SEVERAL_HEADS, UNKNOWN_REVISION
from harness.schema import Schema

BASE = "the base of the history"
# What those who set a database up leave in it.
_AT_FIRST = ("schema", "extension", "setting", "default privileges")


@dataclass(frozen=True)
class Position:
    """Where a database stands.

    Attributes:
        rows: the revisions of its version tables, sorted; none at the base.
        targets: the revisions that the deploy leads to.
        unknown: those rows that the history does not have.
        needless: those rows that another row builds on, and those that are there twice.
        ahead: those rows that lie beyond the targets.
        pending: what the deploy has to run, in an order that works; empty where the way cannot be told.
        is_tracked: whether there is a version table.
        is_given: whether the caller said where it stands.
        is_known: whether anything says where it stands: one of the two, or that nothing was ever deployed to it.
    """

    rows: tuple[str, ...]
    targets: tuple[str, ...]
    unknown: tuple[str, ...] = ()
    needless: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    is_tracked: bool = True
    is_given: bool = False
    is_known: bool = True

    @property
    def standing(self) -> tuple[str, ...]:
        """The rows that say where it stands, without the needless ones."""
        return tuple(row for row in dict.fromkeys(self.rows) if self.rows.count(row) > 1 or row not in self.needless)

    def __str__(self) -> str:
        return ", ".join(dict.fromkeys(self.rows)) or BASE


def locate(live: Live, lineage: Lineage, *, given: Sequence[str] = (), target: str | None = None) -> Position:
    """Where a live database stands.

    Args:
        live: what was read of it.
        lineage: the history.
        given: the revisions that it is to be taken to stand at, in place of what its version table says.
        target: the revision that the deploy leads to; the heads if left out.

    Raises:
        UsageError: a revision is given that the history does not have.
        VerdictError: the role may not read the version table.
    """
    targets = lineage.heads if target is None else (lineage.resolve(target, "--to"),)
    if given:
        rows = tuple(sorted(lineage.resolve(text, "--from") for text in given))
    else:
        rows = tuple(sorted(row for table in live.tables for row in require_readable(table, live)))
    unknown = tuple(row for row in dict.fromkeys(rows) if row not in lineage)
    twice = {row for row, count in Counter(rows).items() if count > 1}
    known = [row for row in dict.fromkeys(rows) if row in lineage]
    covered = {row for row in known for other in known if row != other and row in _strictly_below(lineage, other)}
    reachable = lineage.below(targets)
    ahead = tuple(row for row in known if row not in reachable)
    is_known = bool(given or live.tables) or is_empty(live)
    is_astray = bool(unknown or ahead) or not is_known
    return Position(
        rows=rows,
        targets=targets,
        unknown=unknown,
        needless=tuple(row for row in dict.fromkeys(rows) if row in twice | covered),
        ahead=ahead,
        pending=() if is_astray else lineage.between(known, targets),
        is_tracked=bool(live.tables),
        is_given=bool(given),
        is_known=is_known,
    )


def _strictly_below(lineage: Lineage, revision: str) -> set[str]:
    # What a revision only depends on may well keep a row of its own: it is the head of another branch.
    return lineage.below([revision], dependencies=False) - {revision}


def findings(
    position: Position, live: Live, lineage: Lineage, project: Project, folders: Sequence[str]
) -> Iterator[Finding]:
    """What is to be said of where a database stands; `folders` are those with the revisions."""
    if not position.is_given:
        yield from _untracked(live)
    for row in position.unknown:
        found = trace(row, folders)
        yield UNKNOWN_REVISION.finding(
            f"The database {live.name} stands at revision {row}, which this checkout does not have.",
            revision=row,
            expected=", ".join(position.targets),
            actual=row,
            fix=f"Deploy from a checkout that has it: {found}."
            if found is not None
            else "Deploy from a checkout that has it: newer code was deployed to this database, or the branch is not "
            "merged. If the revision's file was deleted, restore it.",
        )
    for row in position.needless:
        yield _needless(row, position, live, lineage)
    for row in position.ahead:
        yield AHEAD.finding(
            f"The database {live.name} stands at revision {row}, beyond {', '.join(position.targets)}.",
            revision=row,
            expected=", ".join(position.targets),
            actual=row,
            location=_location(row, lineage, project),
            fix="Deploy code that knows this revision, or downgrade the database with care first.",
        )
    if position.pending:
        yield _pending(position, live, lineage, project)


def is_empty(live: Live) -> bool:
    """Whether a database has nothing yet that a deploy could have made."""
    if live.tables or live.lookalikes or not isinstance(live.schema, Schema):
        return False
    return all(identity.kind in _AT_FIRST for identity in live.schema.objects)


def _untracked(live: Live) -> Iterator[Finding]:
    for name in live.missing:
        if is_empty(live):
            yield NO_VERSION_TABLE.finding(
                f"The database {live.name} is empty and has no version table {name}: this is its first deploy.",
                severity=Severity.INFO,
                expected=name,
                fix="Nothing; the first upgrade makes it.",
                why="If the database should not be empty, the URL names the wrong one.",
            )
            continue
        others = ", ".join(str(table) for table in live.lookalikes)
        hint = f" {others} looks like one." if len(live.lookalikes) == 1 else f" {others} look like one."
        yield NO_VERSION_TABLE.finding(
            f"The database {live.name} has no version table {name}.{hint if others else ''}",
            expected=name,
            actual=others or None,
            fix=(
                "If that is the one: let env.py pass version_table and version_table_schema to context.configure()."
                if others
                else "If its schema is that of a revision: `alembic stamp REVISION` (harness gate --from REVISION "
                "compares the two first). Else look whether the URL names the right database."
            ),
        )


def _needless(row: str, position: Position, live: Live, lineage: Lineage) -> Finding:
    others = [other for other in position.standing if other != row and other in lineage]
    above = [other for other in others if row in _strictly_below(lineage, other)]
    is_twice = position.rows.count(row) > 1
    why = "twice" if is_twice else f"although {', '.join(above)} builds on it"
    table = next((table for table in live.tables if row in (table.rows or ())), None)
    return SEVERAL_HEADS.finding(
        f"The version table of {live.name} has revision {row} {why}.",
        revision=row,
        expected=", ".join(position.standing),
        actual=", ".join(position.rows),
        fix=_delete(row, table, is_twice) if table is not None else None,
    )


def _delete(row: str, table: VersionTable, is_twice: bool) -> str:
    name = sql.Identifier(table.schema, table.name).as_string(None)
    which = f"version_num = {sql.Literal(row).as_string(None)}"
    if is_twice:
        which = f"ctid = (select ctid from {name} where {which} limit 1)"  # noqa: S608  # for a person to read
    statement = f"delete from {name} where {which};"  # noqa: S608  # the same
    return f"Make sure that the other rows are right, then on the database: {statement}"


def _pending(position: Position, live: Live, lineage: Lineage, project: Project) -> Finding:
    count = len(position.pending)
    what = "1 revision is" if count == 1 else f"{count} revisions are"
    lines = []
    for revision in position.pending:
        info = lineage.get(revision)
        lines.append(f"{revision}  {info.message}  ({project.location(info.path)}:{info.line})")
    return PENDING.finding(
        f"{what} pending: from {position} to {', '.join(position.targets)}.",
        expected=", ".join(position.targets),
        actual=str(position),
        location=_location(position.pending[0], lineage, project),
        detail="\n".join(lines),
    )


def _location(revision: str, lineage: Lineage, project: Project) -> Location:
    info = lineage.get(revision)
    return Location(project.location(info.path), info.line)
