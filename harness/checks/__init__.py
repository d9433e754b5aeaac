"""The checks, one file each. Adding one is writing its file and naming it here."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module

from harness.checks.base import Check
from harness.findings import Rule, UsageError

# In the order in which they are run and reported.
_NAMES = ("graph", "imports", "upgrade", "downgrade", "round-trip", "drift", "autogenerate", "offline")


def check_names() -> tuple[str, ...]:
    """The names of all checks."""
    return _NAMES


def all_checks() -> tuple[Check, ...]:
    """All checks, in the order in which they are run and reported."""
    return tuple(_load(name) for name in _NAMES)


def selected_checks(select: Sequence[str], skip: Sequence[str]) -> tuple[Check, ...]:
    """The checks that a selection names, in the order of `all_checks`.

    Raises:
        UsageError: a name that no check has, or a selection that leaves none.
    """
    for name in (*select, *skip):
        if name not in _NAMES:
            nearest = difflib.get_close_matches(name, _NAMES, n=1, cutoff=0.4)
            hint = f"Did you mean {nearest[0]!r}?" if nearest else f"The checks are {', '.join(_NAMES)}."
            raise UsageError(f"There is no check {name!r}.", hint)
    names = [name for name in _NAMES if (not select or name in select) and name not in skip]
    if not names:
        raise UsageError("The selection leaves no check to run.", f"The checks are {', '.join(_NAMES)}.")
    return tuple(_load(name) for name in names)


def all_rules() -> tuple[Rule, ...]:
    """The rules of all checks."""
    return tuple(rule for check in all_checks() for rule in check.rules)


def _load(name: str) -> Check:
    check: Check = import_module(f"{__name__}.{name.replace('-', '_')}").CHECK
    return check
