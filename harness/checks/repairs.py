"""How a finding tells its reader what to type: the operations that repair a difference, or why a person is needed."""

from __future__ import annotations

from harness.schema.repair import Fix


def typed(where: str, fix: Fix) -> str:
    """What to type, as the text of a finding's `fix`.

    Args:
        where: where the operations belong, as the beginning of a sentence ("In a new revision").
        fix: the operations.
    """
    if not fix.automatic:
        return f"For a person: {fix.reason}."
    lines = [line for operation in fix.operations for line in (_warning(operation.caution), operation.code) if line]
    return f"{where}: {lines[0]}" if len(lines) == 1 and "\n" not in lines[0] else "\n".join([f"{where}:", *lines])


def _warning(caution: str | None) -> str:
    return f"# {caution}" if caution else ""


def sql_lines(fix: Fix) -> list[str]:
    """The SQL of a repair, a statement a line, each below what is to be minded before it is run."""
    lines = []
    for operation in fix.operations:
        lines += [f"-- {operation.caution}"] if operation.caution else []
        lines.append(f"{operation.sql};")
    return lines
