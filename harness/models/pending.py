"""Inside: what `alembic revision --autogenerate` would write now, as `alembic check` finds it (alembic/command.py)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from harness.environment.records import to_json

if TYPE_CHECKING:
    from alembic.operations.ops import AlterColumnOp, MigrateOperation

    from harness.environment.inside import Inside

# What an alter_column can change, and the attributes of our columns that it then speaks of.
_DEFAULTS = ("default", "generated", "generated_kind", "identity", "identity_options")


def pending_operations(inside: Inside) -> dict[str, Any]:
    """The operations that autogenerate would write, asked of Alembic itself.

    Comparing server defaults executes them, and plug-ins try DDL out: call it on a scratch database only.

    Returns:
        `operations`, each with its name (`operation`), the `object` that it is for, its `code`, and, for those who want
        to know what it would repair, `whole` (it makes or drops the table), `columns` and `attributes`; and `failure`,
        a `Failure` or None.
    """
    from alembic.autogenerate import RevisionContext

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
    from alembic.operations.ops import AlterColumnOp, CreateTableOp, DropTableOp

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
    return {
        "operation": name,
        "object": {
            "kind": _kind(name, has_own=own != table),
            "schema": getattr(operation, "schema", None) or getattr(operation, "source_schema", None),
            "table": str(table) if table is not None and own != table else None,
            "name": str(own),
        },
        "whole": isinstance(operation, (CreateTableOp, DropTableOp)),
        "columns": _columns(operation),
        "attributes": _attributes(operation) if isinstance(operation, AlterColumnOp) else None,
        "code": "\n".join(render_op(AutogenContext(context), operation)),
    }


def _columns(operation: Any) -> list[str]:
    """The columns of a constraint to be made, which may have no name to be known by."""
    columns = getattr(operation, "local_cols", None) or getattr(operation, "columns", None) or ()
    return [str(getattr(column, "name", column)) for column in columns]


def _attributes(operation: AlterColumnOp) -> list[str]:
    """Which attributes an alter_column is about; `modify_…` is None or False for what it leaves alone."""
    changed = []
    if operation.modify_type is not None:
        changed.append("type")
    if operation.modify_nullable is not None:
        changed.append("nullable")
    if operation.modify_server_default is not False:
        changed += _DEFAULTS
    if operation.modify_comment is not False:
        changed.append("comment")
    return changed


def _kind(operation: str, *, has_own: bool) -> str:
    for kind in ("foreign_key", "unique_constraint", "check_constraint", "index", "column", "constraint"):
        if kind in operation and has_own:
            return kind.replace("_", " ")
    return "table" if "table" in operation else operation.replace("_", " ")
