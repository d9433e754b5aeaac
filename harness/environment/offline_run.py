"""An offline run as the outside sees it, and single revisions run online in the place of what a script lacks."""

from __future__ import annotations

from harness.environment.offline_records import Memory, Obstacle, OfflineScript, Written
from harness.environment.project import Project
from harness.environment.records import from_json
from harness.environment.run import EnvironmentRun

_READ_SCRIPT = "harness.environment.offline:read_script"
_MIGRATE_ONLINE = "harness.environment.offline:migrate_online"


class OfflineRun(EnvironmentRun):
    """One run of `env.py` to its end, as `alembic upgrade heads --sql` does it.

    Args:
        database_url: a scratch database for an `env.py` that connects in offline mode, too.
    """

    def __init__(self, project: Project, database_url: str, *, timeout: float = 300.0) -> None:
        super().__init__(project, "offline", database_url, timeout)

    def __enter__(self) -> OfflineRun:
        return self

    @property
    def exited(self) -> bool:
        """Whether it was `sys.exit()` that ended `env.py`."""
        return bool(self.ready()["exit"])

    def script(self) -> OfflineScript:
        """What it wrote."""
        answer = self.call(_READ_SCRIPT)
        return OfflineScript(
            tuple(answer["revisions"]),
            tuple(from_json(Written, part) for part in answer["written"]),
            tuple(from_json(Obstacle, part) for part in answer["obstacles"]),
            answer["connections"],
        )


def migrate(run: EnvironmentRun, revision: str, memory: Memory) -> Memory:
    """In an online run: do what the `upgrade()` of one revision does and commit it, the version table left alone.

    Args:
        memory: what Alembic remembers of the run when the revision begins.

    Returns:
        what it remembers afterwards.

    Raises:
        RunFailed: the revision failed.
    """
    remembered: Memory = run.call(_MIGRATE_ONLINE, revision=revision, memory=memory)
    return remembered
