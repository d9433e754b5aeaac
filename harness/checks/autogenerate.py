"""`autogenerate`: what `alembic check` would say at head, for those who act on it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from harness.checks.base import Check, SkipCheck
from harness.checks.context import CheckContext
from harness.findings import DatabaseObject, Finding, Rule, Severity

if TYPE_CHECKING:
    from alembic.operations.ops import MigrateOperation

    from harness.environment.inside import Inside

_WHY = "`alembic check` fails on it, and the next `alembic revision --autogenerate` writes it into somebody's revision."

PENDING = Rule(
    "autogenerate.pending",
    Severity.ERROR,
    "`alembic revision --autogenerate` would write an operation",
    _WHY,
)
FAILED = Rule(
    "autogenerate.failed",
    Severity.ERROR,
    "`alembic revision --autogenerate` fails",
    "Nobody can write the next revision with it.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """Ask Alembic itself, inside a run of `env.py` that stands at head."""
    run_at_head = context.head_run
    if all(one.metadata_tables is None for one in run_at_head.configured):
        raise SkipCheck("env.py passes no target_metadata")
    answer = run_at_head.call(f"{__name__}:pending_operations")
    if answer["failure"] is not None:
        failure = answer["failure"]
        yield FAILED.finding(
            f"`alembic revision --autogenerate` fails: {failure['kind']}: {failure['message']}",
            location=context.env_py,
            fix="Run `alembic check` by hand to see the same.",
            detail=failure["traceback"],
        )
    for operation in answer["operations"]:
        target = operation["object"]
        yield PENDING.finding(
            f"Alembic would write {operation['operation']} for {target['kind']} {DatabaseObject(**target)}.",
            object=DatabaseObject(**target),
            attribute=operation["operation"],
            location=context.env_py,
            fix=operation["code"],
        )


def pending_operations(inside: Inside) -> dict[str, Any]:
    """Inside: the operations that autogenerate would write now, as `alembic check` finds them (alembic/command.py)."""
    from alembic.autogenerate import RevisionContext

    from harness.environment.records import to_json

    context = inside.context
    assert context is not None
    arguments = {
        "message": None,
        "autogenerate": True,
        "sql": False,
        "head": "heads",
        "splice": False,
        "branch_label": None,
        "version_path": None,
        "rev_id": None,
        "depends_on": None,
    }
    revision_context = RevisionContext(inside.config, inside.script, arguments)
    # env.py's hooks look at config.cmd_opts.autogenerate to tell what they are asked for.
    inside.config.cmd_opts = inside.command_options(["revision", "--autogenerate"])
    try:
        revision_context.run_autogenerate(context.get_current_heads(), context)
        operations = [
            _described(operation, context)
            for script in revision_context.generated_revisions
            for upgrade in script.upgrade_ops_list
            for operation in _leaves(upgrade.ops)
        ]
    except Exception as error:
        return {"operations": [], "failure": to_json(inside.describe(error))}
    return {"operations": operations, "failure": None}


def _leaves(operations: Iterable[MigrateOperation]) -> Iterator[MigrateOperation]:
    from alembic.operations.ops import ModifyTableOps

    for operation in operations:
        if isinstance(operation, ModifyTableOps):
            yield from _leaves(operation.ops)
        else:
            yield operation


def _described(operation: Any, context: Any) -> dict[str, Any]:
    from alembic.autogenerate.api import AutogenContext
    from alembic.autogenerate.render import render_op

    words = re.sub(r"Op$", "", type(operation).__name__)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower()
    table = getattr(operation, "table_name", None) or getattr(operation, "source_table", None)
    column = getattr(operation, "column_name", None)
    if column is None and getattr(operation, "column", None) is not None:
        column = operation.column.name
    own = (
        column
        or getattr(operation, "constraint_name", None)
        or getattr(operation, "index_name", None)
        or table
        or words
    )
    kind = _kind(name, has_own=own != table)
    code = "\n".join(render_op(AutogenContext(context), operation))
    return {
        "operation": name,
        "object": {
            "kind": kind,
            "schema": getattr(operation, "schema", None) or getattr(operation, "source_schema", None),
            "table": str(table) if table is not None and own != table else None,
            "name": str(own),
        },
        "code": code,
    }


def _kind(operation: str, *, has_own: bool) -> str:
    for kind in ("foreign_key", "unique_constraint", "check_constraint", "index", "column", "constraint"):
        if kind in operation and has_own:
            return kind.replace("_", " ")
    return "table" if "table" in operation else operation.replace("_", " ")


CHECK = Check(
    "autogenerate",
    "what `alembic check` would say at head: nothing left to autogenerate",
    (PENDING, FAILED),
    run,
)
