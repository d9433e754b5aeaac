"""The rules of the check `offline`."""

from __future__ import annotations

from harness.findings import Rule, Severity

FAILED = Rule(
    "offline.failed",
    Severity.ERROR,
    "`alembic upgrade heads --sql` fails, or writes nothing",
    "Whoever deploys by script, because only they may write to the database, learns it on the day of the release.",
)
SQL_FAILED = Rule(
    "offline.sql-failed",
    Severity.ERROR,
    "the script of `alembic upgrade heads --sql` is refused by PostgreSQL",
    "psql stops in the middle of the release, with a part of the script committed or all of it rolled back.",
)
MISSING = Rule(
    "offline.missing",
    Severity.ERROR,
    "the offline script does not make something that the online run makes",
    "A database that was deployed by script lacks what the application expects.",
)
EXTRA = Rule(
    "offline.extra",
    Severity.ERROR,
    "the offline script makes something that the online run does not make",
    "Databases that were deployed by script differ from the others, and the next revision may meet what is left there.",
)
CHANGED = Rule(
    "offline.changed",
    Severity.ERROR,
    "the offline script makes something otherwise than the online run",
    "Databases that were deployed by script differ from the others: what is tested on one kind fails on the other.",
)
NEEDS_CONNECTION = Rule(
    "offline.needs-connection",
    Severity.WARNING,
    "a revision cannot be written as a script: it reads from the database, or refuses to run offline",
    "`alembic upgrade --sql` stops at this revision, so a database that is behind it cannot be deployed by script.",
)
CONNECTS = Rule(
    "offline.connects",
    Severity.WARNING,
    "env.py opens a connection in offline mode",
    "`alembic upgrade --sql` is there for those who cannot reach the database; here it needs it all the same.",
)

ALL_RULES = (FAILED, SQL_FAILED, MISSING, EXTRA, CHANGED, NEEDS_CONNECTION, CONNECTS)
