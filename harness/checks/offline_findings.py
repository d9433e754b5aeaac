"""What the check `offline` says of each thing that it finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from harness.checks.offline_elsewhere import Elsewhere
from harness.checks.offline_psql import Command
from harness.checks.offline_rules import CHANGED, EXTRA, FAILED, MISSING, NEEDS_CONNECTION, SQL_FAILED
from harness.checks.offline_script import Stop
from harness.checks.repairs import typed
from harness.checks.upgrading import Deployed, version_tables
from harness.checks.wording import consequences, failure_detail, fits_a_sentence
from harness.environment import Failure
from harness.environment.offline_records import Obstacle, OfflineScript
from harness.findings import DatabaseObject, Finding, Location
from harness.models.touches import Touch, Touches
from harness.schema import Difference, Schema, diff
from harness.schema.repair import Fix, repair

if TYPE_CHECKING:
    from harness.checks.context import CheckContext

_SHORT = 100  # characters of a value that a message still repeats
_NAMED = 10  # objects that a message still names
_RULES = {"missing": MISSING, "extra": EXTRA, "changed": CHANGED, "renamed": CHANGED}
_PARAMETER = re.compile(r"(?<![:\w]):[a-z_]\w*|%\(\w+\)s", re.IGNORECASE)
_SYNTAX_ERROR = "42601"
_THERE_ALREADY = ("42710", "42P07")  # duplicate_object, duplicate_table
_ASK_PYTHON = (
    "In upgrade(): take the value from the statement itself (insert … select, update … from, create … if not exists), "
    "or let Python decide: if context.is_offline_mode(): (from alembic import context) write SQL that asks nothing, "
    "else: read. Rows that are known go in by op.bulk_insert()."
)


def env_fails(context: CheckContext, failure: Failure, exited: bool) -> Finding:
    """`env.py` did not get to its end."""
    if exited:
        what = f"env.py calls sys.exit({failure.message}) in offline mode."
    else:
        what = f"env.py raises {failure.kind} in offline mode: {failure.message}"
    return FAILED.finding(
        what,
        location=context.locate(None, failure) or context.env_py,
        fix="`alembic upgrade heads --sql` shows the same. Write the offline part as Alembic's template has it: "
        'context.configure(url=…, target_metadata=…, literal_binds=True, dialect_opts={"paramstyle": "named"}); '
        "with context.begin_transaction(): context.run_migrations()",
        detail=failure_detail(failure),
    )


def wrong_dialect(context: CheckContext, dialect: str) -> Finding:
    """`env.py` configures another dialect offline than online."""
    return FAILED.finding(
        f"env.py writes SQL for {dialect} in offline mode, and for PostgreSQL online.",
        location=context.env_py,
        expected="postgresql",
        actual=dialect,
        fix="Give context.configure() the URL that the online part connects to, or dialect_name='postgresql'; if the "
        "URL comes from the environment, name it: --env NAME={url} (or [tool.harness.env]).",
    )


def writes_nothing(context: CheckContext) -> Finding:
    """`env.py` ended well and ran no migration."""
    return FAILED.finding(
        "env.py ends without context.run_migrations() in offline mode, so `alembic upgrade heads --sql` writes no "
        "revision.",
        location=context.env_py,
        fix="Call context.configure(url=…, literal_binds=True), then context.run_migrations(), if "
        "context.is_offline_mode().",
    )


def needs_connection(context: CheckContext, obstacle: Obstacle) -> Finding:
    """A revision that asks the database, or refuses on purpose."""
    failure = obstacle.failure
    if failure is None:
        what = f"Revision {obstacle.revision} opens a connection of its own in offline mode."
    elif obstacle.reason == "refusal":
        what = f"Revision {obstacle.revision} refuses to run offline: {failure.message}"
    else:
        what = f"Revision {obstacle.revision} reads from the database, which offline mode does not have."
    return NEEDS_CONNECTION.finding(what, fix=_ASK_PYTHON, **_parts(context, obstacle))


def not_written(context: CheckContext, obstacle: Obstacle) -> Finding:
    """A revision whose `upgrade()` raises offline for another reason."""
    failure = obstacle.failure
    if failure is None or obstacle.reason == "parameters":
        what = f"Revision {obstacle.revision} gives a statement parameters, which a script cannot have."
        fix = (
            "Put the values into the statement: op.execute(sa.text('…').bindparams(name=value)), or "
            "op.bulk_insert(table, rows) for rows."
        )
    else:
        what = f"Revision {obstacle.revision} fails in offline mode: {failure.kind}: {failure.message}"
        fix = "Correct upgrade(); `alembic upgrade heads --sql` shows the same."
        if failure.kind == "sqlalchemy.exc.CompileError":
            fix = "Give the value a type that can be written as a literal, or write the statement as SQL."
    return FAILED.finding(what, fix=fix, **_parts(context, obstacle))


def _parts(context: CheckContext, obstacle: Obstacle) -> dict[str, Any]:
    location = context.locate(context.history.get(obstacle.revision))
    if obstacle.path is not None:
        location = Location(context.project.location(obstacle.path), obstacle.line or 1)
    detail = None if obstacle.failure is None else obstacle.failure.traceback
    return {"revision": obstacle.revision, "location": location, "detail": detail}


def refused(context: CheckContext, script: OfflineScript, stop: Stop) -> Finding:
    """The script stopped: PostgreSQL's words, and what was not judged."""
    where = f" at revision {stop.revision}" if stop.revision else ""
    after = script.revisions[script.revisions.index(stop.revision) + 1 :] if stop.revision in script.revisions else ()
    unjudged = "Not judged: whether the revisions before it build offline what they build online"
    unjudged += f", what revision {stop.revision} builds" if stop.revision else ", and the rest"
    if after:
        unjudged += f", and the {len(after)} after it" if len(after) > 1 else f", and {after[0]} after it"
    if stop.written is None:
        what = f"Revision {stop.revision}, run online behind what the script has built, fails: {stop.failure.message}"
    else:
        what = f"The offline script fails{where}: {stop.failure.message}"
    return SQL_FAILED.finding(
        what,
        revision=stop.revision,
        location=context.locate(context.history.get(stop.revision or ""), stop.failure) or context.env_py,
        fix=_advice(stop),
        detail=f"{failure_detail(stop.failure)}\n{unjudged}.",
    )


def _advice(stop: Stop) -> str:
    """What to type, as far as the statement tells what is wrong with it."""
    written, statement = stop.written, stop.statement
    if written is None:
        return "Correct what the earlier revisions do offline; it is not what they do online."
    if written.printed:
        return "Do not print to the standard output, which is the script: print(…, file=sys.stderr), or use logging."
    if isinstance(statement, Command):
        return "Leave psql's own commands out of the script, and give them to psql by hand."
    if statement is not None and "\n\n" in statement.text and len(statement.text) > len(written.text.rstrip()):
        return (
            "The statement does not end where it should, so that the next one became a part of it: a comment or quote "
            "swallows the semicolon that Alembic writes behind it. End the text with a line break, or close the quote."
        )
    if stop.failure.sqlstate == _SYNTAX_ERROR and _PARAMETER.search(stop.failure.sql or ""):
        return "Give context.configure() literal_binds=True in env.py's offline part, so that values are written out."
    if stop.failure.sqlstate in _THERE_ALREADY:
        return (
            "Offline nothing can be looked up, and checkfirst=True creates all the same: create it in one revision "
            "only (a column of an enum that is there already: postgresql.ENUM(…, create_type=False)), or in SQL with "
            "if not exists."
        )
    return "Correct the revision; `alembic upgrade heads --sql | psql -v ON_ERROR_STOP=1` shows the same."


def stands_in_another_schema(context: CheckContext, found: Elsewhere) -> Finding:
    """What the script makes in another schema."""
    tables_first = sorted(found.objects, key=lambda one: one.kind != "table")
    names = [f"{one.kind} {one.database_object.name}" for one in tables_first]
    shown = ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
    return CHANGED.finding(
        f"The offline script makes in schema {found.actual} what the online run makes in {found.expected}: {shown}.",
        object=DatabaseObject("schema", found.expected),
        attribute="objects",
        expected=found.expected,
        actual=found.actual,
        location=context.env_py,
        fix="Let the offline part of env.py set what the online part sets on its connection: "
        f'context.execute("set search_path to {found.expected}") inside `with context.begin_transaction():`; '
        "or name the schema in the revisions.",
        detail="Not judged: whether they are the same but for the schema.",
    )


def differs(context: CheckContext, head: Deployed, expected: Schema, actual: Schema) -> Iterator[Finding]:
    """What the script builds otherwise than the online run."""
    touched = _Touched(context, expected, actual)
    tables = version_tables(head.configured)
    for fix in repair(expected, actual, diff(expected, actual)).fixes:
        difference = fix.difference
        target = difference.object
        touch = touched.by(difference)
        location = context.env_py
        if touch is not None:
            location = Location(context.project.location(touch.revision.path), touch.line, touch.end_line)
        is_version_table = target.kind == "table" and (target.schema, target.name) in tables
        yield _RULES[difference.change].finding(
            _message(difference),
            object=target,
            attribute=difference.attribute,
            expected=difference.expected,
            actual=difference.actual,
            revision=None if touch is None else touch.revision.id,
            location=context.env_py if is_version_table else location,
            fix=_VERSION_TABLE if is_version_table else _fix(context, fix, touch),
            detail=consequences(difference),
        )


class _Touched:
    """Which statement of a revision last touched what the two schemas differ in."""

    def __init__(self, context: CheckContext, *schemas: Schema) -> None:
        self._touches = Touches(context.history)
        self._items = {
            item.identity.database_object: item for schema in reversed(schemas) for item in schema.objects.values()
        }

    def by(self, difference: Difference) -> Touch | None:
        target = difference.object
        item = self._items.get(target)
        columns = item.attributes.get("columns") if item is not None else None
        # A routine's name has its arguments, and what is renamed may be named as the script has it.
        names = [target.name, target.name.partition("(")[0]]
        if difference.change == "renamed" and difference.actual is not None:
            names.append(difference.actual)
        found = (self._touches.last(replace(target, name=name)) for name in names)
        aliases = columns if isinstance(columns, tuple) else ()
        return next((touch for touch in found if touch is not None), None) or self._touches.last(target, *aliases)


_VERSION_TABLE = (
    "Give context.configure() the same version_table and version_table_schema in the offline part of env.py as in the "
    "online part."
)


def _message(difference: Difference) -> str:
    name = f"{difference.object.kind} {difference.object}"
    if difference.change == "missing":
        return f"The offline script does not make the {name}, which the online run makes."
    if difference.change == "extra":
        return f"The offline script makes the {name}, which the online run does not make."
    if difference.change == "renamed":
        return f"The {name} is named {difference.actual} by the offline script."
    attribute = (difference.attribute or "definition").replace("_", " ")
    expected, actual = difference.expected or "none", difference.actual or "none"
    if not fits_a_sentence(_SHORT, expected, actual):
        return f"The offline script and the online run disagree on the {attribute} of {name}."
    return f"The offline script gives the {name} the {attribute} {actual}, the online run {expected}."


def _fix(context: CheckContext, fix: Fix, touch: Touch | None) -> str:
    difference = fix.difference
    doubled = difference.actual or ""
    if "%%" in doubled and doubled.replace("%%", "%") == difference.expected:
        return 'Give context.configure() dialect_opts={"paramstyle": "named"} in the offline part of env.py.'
    if touch is None:
        return (
            "No revision names it. If env.py makes it on its connection, let the offline part do the same by "
            "context.execute() inside `with context.begin_transaction():`; if a revision makes it, let it do so in "
            "both modes."
        )
    place = f"upgrade() in {context.project.location(touch.revision.path)}"
    if difference.change == "extra":
        return f"Let {place} make it online, too, or not offline: the same statements must run in both modes."
    return typed(f"Let {place} do the same in both modes; what the script lacks", fix)


def left_at(context: CheckContext, expected: Sequence[str], actual: Sequence[str]) -> Finding:
    """The version table that the script leaves is not the online run's."""
    return CHANGED.finding(
        f"The offline script leaves the version table at {', '.join(actual) or 'nothing'}, the online run at "
        f"{', '.join(expected)}.",
        expected=", ".join(expected),
        actual=", ".join(actual) or "nothing",
        location=context.env_py,
        fix="Let both parts of env.py run the same revisions into the same version table.",
    )
