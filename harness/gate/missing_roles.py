"""Which role a statement failed for: one that the live server has, and the scratch server does not have yet."""

from __future__ import annotations

import re

from harness.environment import Failure, RunFailed

# GRANT says that the object is undefined, SET ROLE that its parameter's value is not valid.
_STATES = ("42704", "22023")
_NO_ROLE = re.compile(r'role "(?P<name>.+)" does not exist')


def missing_role(failure: Failure | None) -> str | None:
    """The role for whose lack a revision failed, or `env.py`."""
    # The error of a driver that was called past SQLAlchemy comes without its state.
    if failure is None or failure.sqlstate not in (*_STATES, None):
        return None
    return role_missed(failure.message)


def of_env_py(error: RunFailed) -> Failure:
    """The failure of an `env.py` that takes on a role which is not there; any other error is raised again.

    Raises:
        RunFailed: it failed for another reason.
    """
    if error.failure is None or missing_role(error.failure) is None:
        raise error
    return error.failure


def role_missed(message: str) -> str | None:
    """The role that an error of PostgreSQL says does not exist."""
    match = _NO_ROLE.search(message)
    return match["name"] if match else None
