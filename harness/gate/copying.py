"""A scratch copy of a live schema as it is, with its drift: what a deploy is rehearsed on."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, Error, errors, sql

from harness.checks.upgrading import looking_at
from harness.gate.drift import ALWAYS_IGNORED
from harness.gate.expected import Built, Ground
from harness.gate.live import Live
from harness.gate.missing_roles import role_missed
from harness.gate.path import without_set_up
from harness.gate.roles import as_run_by
from harness.gate.statements import statement
from harness.schema import Difference, Schema, SchemaObject, diff
from harness.schema.repair import repair
from harness.server import ScratchDatabase
from harness.server.base import first_line

_NAMED = 5
_INVALID = ("valid", "invalid")


@dataclass(frozen=True)
class Copy:
    """A scratch database with the schema of a live one.

    Attributes:
        database: the database.
        schema: its schema, as it was read back.
        has_drift: whether it was made different from what the history makes.
        notes: what could not be copied.
    """

    database: ScratchDatabase
    schema: Schema
    has_drift: bool
    notes: tuple[str, ...] = ()


def copy_live(ground: Ground, built: Built, live: Live, actual: Schema, rows: Collection[str]) -> Copy:
    """Make a copy.

    Args:
        ground: where it is made.
        built: the scratch database at the same revisions, which is cloned and then made different.
        live: the live database.
        actual: its schema.
        rows: what the copy's version table is to hold.

    Raises:
        VerdictError: the scratch server is gone.
    """
    database = ground.context.own(ground.server.create_database("rehearsal", template=built.database))
    wanted = without_set_up(actual, built.schema, built.path, live.deployer)
    wanted = as_run_by(wanted, live.deployer, live.deployer)
    wanted = as_run_by(wanted, live.deployer, built.role)
    begun = as_run_by(built.schema, built.role, built.role)
    differences = diff(begun, wanted, ignore=ALWAYS_IGNORED)
    with looking_at(database) as connection:
        _add_rows(connection, built, rows)
        if not differences:
            return Copy(database, built.schema, has_drift=False)
        refused = _make_different(ground, connection, wanted, begun, live)
    schema, _ = ground.read(database)
    left = diff(wanted, as_run_by(schema, built.role, built.role), ignore=ALWAYS_IGNORED)
    return Copy(database, schema, has_drift=True, notes=_notes(left, refused))


def _add_rows(connection: Connection[Any], built: Built, rows: Collection[str]) -> None:
    for table in built.tables[:1]:
        for row in sorted(set(rows) - set(built.rows)):
            name = sql.Identifier(table.schema, table.name)
            connection.execute(statement("add_version_row").format(table=name, row=sql.Literal(row)))


def _make_different(
    ground: Ground, connection: Connection[Any], wanted: Schema, begun: Schema, live: Live
) -> list[str]:
    """Run the operations that make the drift, each by itself, and return why some were refused."""
    # Nobody makes an invalid index on purpose, but its name is taken, and that is what the next attempt stumbles over.
    invalid = [identity for identity, item in wanted.objects.items() if _INVALID in item.attributes.items()]
    sound = Schema((_sound(item) for item in wanted.objects.values()), wanted.server_version)
    found = repair(sound, begun, diff(sound, begun, ignore=ALWAYS_IGNORED), ignore=ALWAYS_IGNORED)
    # What a body names may be gone by now, and the function is there all the same.
    statements = [statement("take_bodies_as_they_are").as_string(connection)]
    statements += [operation.sql for operation in found.operations]
    for identity in invalid:
        name = sql.Literal(sql.Identifier(identity.schema, identity.name).as_string(connection))
        statements.append(statement("invalidate").format(index=name).as_string(connection))
    # It has its say on what comes after it.
    statements.sort(key=lambda text: " event trigger " in text[:24])
    refused = []
    for text in statements:
        try:
            _execute(ground, connection, text, live)
        except Error as error:
            if connection.closed:
                raise
            refused.append(first_line(error))
    return refused


def _sound(item: SchemaObject) -> SchemaObject:
    if _INVALID not in item.attributes.items():
        return item
    attributes = {name: value for name, value in item.attributes.items() if name != _INVALID[0]}
    return SchemaObject(item.identity, attributes, item.uses)


def _execute(ground: Ground, connection: Connection[Any], text: str, live: Live) -> None:
    while True:
        try:
            # Nothing is bound, so that a percent sign stays one.
            connection.execute(text.encode())
        except errors.UndefinedObject as error:
            role = role_missed(str(error.diag.message_primary))
            if role is None or role not in live.roles or not ground.make_role(role):
                raise
        else:
            return


def _notes(left: list[Difference], refused: list[str]) -> tuple[str, ...]:
    if not left:
        return ()
    names = [_named(one) for one in left[:_NAMED]]
    more = f" and {len(left) - _NAMED} more" if len(left) > _NAMED else ""
    why = f" ({refused[0]})" if refused else ""
    return (f"The rehearsal ran without what could not be copied of the live schema: {'; '.join(names)}{more}{why}.",)


def _named(difference: Difference) -> str:
    what = f"{difference.object.kind} {difference.object}"
    return f"{what}, its {difference.attribute.replace('_', ' ')}" if difference.attribute else what
