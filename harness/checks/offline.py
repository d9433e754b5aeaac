"""`offline`: `alembic upgrade heads --sql` writes a script, and the script builds what the online run builds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.offline_elsewhere import take_out
from harness.checks.offline_findings import (
    differs,
    env_fails,
    left_at,
    needs_connection,
    not_written,
    refused,
    stands_in_another_schema,
    writes_nothing,
    wrong_dialect,
)
from harness.checks.offline_rules import ALL_RULES, CONNECTS
from harness.checks.offline_script import execute
from harness.checks.upgrading import Deployed, read, version_rows
from harness.environment.offline_records import OfflineScript
from harness.findings import Finding


def begin(context: CheckContext) -> None:
    """Start the offline run, which takes as long as an online one."""
    _ = context.offline_run


def run(context: CheckContext) -> Iterable[Finding]:
    """Let `env.py` write the script, run it on a database of its own, and compare the two schemas."""
    head = context.require_head()
    offline = context.offline_run
    failure, exited, configured, script = offline.failure, offline.exited, offline.configured, offline.script()
    offline.close()
    yield from _obstacles(context, script)
    dialects = {one.dialect for one in configured} - {"postgresql"}
    if failure is not None:
        yield env_fails(context, failure, exited)
    elif dialects:
        yield wrong_dialect(context, dialects.pop())
    elif not script.revisions:
        yield writes_nothing(context)
    else:
        if script.connections:
            yield CONNECTS.finding(
                "env.py opens a connection in offline mode, too.",
                location=context.env_py,
                fix="Write the offline part of the template: if context.is_offline_mode(): context.configure(url=…, "
                'literal_binds=True, dialect_opts={"paramstyle": "named"}); with context.begin_transaction(): '
                "context.run_migrations()",
            )
        yield from _judge(context, head, script)


def _obstacles(context: CheckContext, script: OfflineScript) -> Iterator[Finding]:
    # One of each revision, in however many schemas env.py runs it.
    for obstacle in {one.revision: one for one in script.obstacles}.values():
        told = needs_connection if obstacle.reason in ("connection", "refusal") else not_written
        yield told(context, obstacle)


def _judge(context: CheckContext, head: Deployed, script: OfflineScript) -> Iterator[Finding]:
    database = context.own(context.server.create_database("offline"))
    stop = execute(context, script, database)
    if stop is not None:
        yield refused(context, script, stop)
        return
    expected, actual, elsewhere = take_out(head.schema, read(database))
    for one in elsewhere:
        yield stands_in_another_schema(context, one)
    yield from differs(context, head, expected, actual)
    rows = version_rows(database, head.configured)
    if rows is not None and rows != head.heads:
        yield left_at(context, head.heads, rows)


CHECK = Check(
    "offline",
    "`upgrade heads --sql` runs, and its script builds the same schema as the online run",
    ALL_RULES,
    run,
    begin=begin,
)
