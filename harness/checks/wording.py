"""Sentences that more than one check says: about failures of the user's code and about differences of schemas."""

from __future__ import annotations

from harness.environment import Failure
from harness.schema import Difference


def failure_detail(failure: Failure) -> str:
    """What is worth reading below a failure: PostgreSQL's own words and the SQL, or the traceback of the user's
    code.
    """
    parts = [f"DETAIL: {failure.detail}" if failure.detail else "", f"HINT: {failure.hint}" if failure.hint else ""]
    parts.append(f"SQL: {failure.sql.strip()}" if failure.sql is not None else failure.traceback)
    return "\n".join(part for part in parts if part)


def fits_a_sentence(limit: int, *values: str) -> bool:
    """Whether values may be repeated within a sentence: each on one line, and of at most so many characters."""
    return all(len(value) <= limit and "\n" not in value for value in values)


def consequences(difference: Difference) -> str | None:
    """What follows from a difference, one line each; None if nothing does."""
    lines = [f"with it: {consequence_line(one)}" for one in difference.consequences]
    return "\n".join(lines) or None


def consequence_line(difference: Difference) -> str:
    """A difference in one line."""
    attribute = f", {difference.attribute}" if difference.attribute else ""
    return f"{difference.object.kind} {difference.object} ({difference.change}{attribute})"
