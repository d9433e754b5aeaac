"""Whether `alembic revision --autogenerate` sees a difference, from what it really would write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.schema import Difference

# Kinds that Alembic's own operations are for; what a plug-in writes for others is looked for in its code.
_OF_TABLES = (
    "table",
    "column",
    "primary key",
    "unique constraint",
    "foreign key",
    "check constraint",
    "exclusion constraint",
    "index",
)


def sight(pending: Mapping[str, Any], difference: Difference, default_schema: str, columns: Sequence[str] = ()) -> str:
    """One sentence: what autogenerate would write about a difference, or that it does not see it.

    Args:
        pending: the answer of `harness.models.pending`.
        default_schema: the schema that Alembic calls None.
        columns: of a constraint or an index, its columns, for what has no name.
    """
    if pending["failure"] is not None:
        return "`alembic revision --autogenerate` fails, so it cannot say anything of this."
    seen = [one["code"] for one in pending["operations"] if _is_about(one, difference, default_schema, columns)]
    if not seen:
        return "`alembic revision --autogenerate` does not see it."
    return "`alembic revision --autogenerate` sees it and would write:\n" + "\n".join(seen)


def _is_about(
    operation: Mapping[str, Any], difference: Difference, default_schema: str, columns: Sequence[str]
) -> bool:
    target, written = difference.object, operation["object"]
    if target.kind not in _OF_TABLES:
        return re.search(rf"(?<![\w$]){re.escape(target.name)}(?![\w$])", operation["code"]) is not None
    table = target.name if target.kind == "table" else target.table
    written_table = written["table"] or written["name"]
    if (written["schema"] or default_schema, written_table) != (target.schema, table):
        return False
    names = {target.name, difference.actual, difference.expected}
    if operation["whole"]:
        return True
    if target.kind == "table":
        return difference.change == "changed" and "comment" in operation["operation"] == (
            "comment" in (difference.attribute or "")
        )
    if target.kind == "column":
        if written["kind"] != "column" or written["name"] not in names:
            return False
        attributes = operation["attributes"]
        return attributes is None or difference.change != "changed" or difference.attribute in attributes
    if written["kind"] == "column":
        return False
    if written["name"] in names:
        return True
    same_kind = target.kind.replace(" ", "_") in operation["operation"]
    return same_kind and bool(columns) and list(columns) == operation["columns"]
