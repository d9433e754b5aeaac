"""One wrong or incomplete downgrade, and what must be found of it."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One revision with a fault, and a sound one below it that makes what it needs.

    Each line of a way is a statement of SQL or a line of Python. What must be found is a line for each finding: its
    rule without `round-trip.`, and the object that it is about.
    """

    name: str
    before: str
    up: str
    down: str | None
    expected: str

    @property
    def findings(self) -> list[str]:
        return sorted(line for line in textwrap.dedent(self.expected).strip().splitlines())


AGAIN = "\nnot-repeatable"


def left(name: str, up: str, found: str, before: str = "", down: str = "") -> Fault:
    return Fault(name, before, up, down, f"left-behind {found}")
