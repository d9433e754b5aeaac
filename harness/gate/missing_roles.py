"""Which role a statement failed for: one that the live server has, and the scratch server does not have yet."""

from __future__ import annotations

import re

from harness.environment import Failure

_UNDEFINED_OBJECT = "42704"
_NO_ROLE = re.compile(r'role "(?P<name>.+)" does not exist')


def missing_role(failure: Failure | None) -> str | None:
    """The role for whose lack a revision failed."""
    # The error of a driver that was called past SQLAlchemy comes without its state.
    if failure is None or failure.sqlstate not in (_UNDEFINED_OBJECT, None):
        return None
    return role_missed(failure.message)


def role_missed(message: str) -> str | None:
    """The role that an error of PostgreSQL says does not exist."""
    match = _NO_ROLE.search(message)
    return match["name"] if match else None
