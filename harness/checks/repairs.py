"""How a finding tells its reader what to type: the operations that repair a difference, or why a person is needed."""

from __future__ import annotations

from collections.abc import Iterable

from harness.schema.repair import Fix, Operation


def typed(where: str, fix: Fix) -> str:
    """What to type, as the text of a finding's `fix`.

    Args:
        where: where the operations belong, as the beginning of a sentence ("In a new revision").
        fix: the operations.
    """
    if not fix.automatic:
        return f"For a person: {fix.reason}."
    lines = _lines(fix.operations)
    return f"{where}: {lines[0]}" if len(lines) == 1 and "\n" not in lines[0] else code_lines(where, fix.operations)


def code_lines(where: str, operations: Iterable[Operation]) -> str:
    """Operations as lines of a revision, each below what is to be minded before it is run.

    Args:
        where: what the lines are, as the beginning of a sentence that they end.
    """
    return "\n".join([f"{where}:", *_lines(operations)])


def _lines(operations: Iterable[Operation]) -> list[str]:
    return [line for operation in operations for line in (_warning(operation.caution), operation.code) if line]


def _warning(caution: str | None) -> str:
    return f"# {caution}" if caution else ""


def sql_lines(fix: Fix) -> list[str]:
    """The SQL of a repair, a statement a line, each below what is to be minded before it is run."""
    lines = []
    for operation in fix.operations:
        lines += [f"-- {operation.caution}"] if operation.caution else []
        lines.append(f"{operation.sql};")
    return lines
