"""What the checks of one run share: the project, the server, and work that is done once for all of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from harness.checks.base import BlockedCheck
from harness.checks.upgrading import Deployed, deploy
from harness.checks.walking import Walked, walk
from harness.checks.writing import Drift
from harness.environment import EnvironmentRun, History, Project, RevisionInfo
from harness.environment.offline_run import OfflineRun
from harness.findings import HarnessError, Location, UsageError
from harness.server import Server
from harness.settings import Settings

if TYPE_CHECKING:
    from harness.environment import Failure

T = TypeVar("T")


class CheckContext:
    """The ground that the checks stand on. Everything is made when first asked for, and once.

    Args:
        settings: the settings in force.
        project: the project under test.
        open_server: gives the server; called when the first check needs one, in the main thread.
        tell: told how far a long check has come: its name, what is done, of how much, and what it is at.

    Use it as a context manager: runs of `env.py` and scratch databases end with the block, the server is the caller's.
    What could not be cleaned up is in `leftovers` afterwards, one sentence each. `tried_in_one_go` is set when the
    upgrade in one go has ended for the first time and holds no locks any more.
    """

    def __init__(
        self,
        settings: Settings,
        project: Project,
        open_server: Callable[[], Server],
        tell: Callable[[str, int, int, str], None],
    ) -> None:
        self.settings = settings
        self.project = project
        self.tell = tell
        self._open_server = open_server
        self.leftovers: list[str] = []
        self.drift: Drift | None = None
        self._closing = contextlib.ExitStack()
        self._lock = threading.Lock()
        # Two runs of env.py side by side: one in one go, as a deploy does it, and one step by step.
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="harness")
        self._beginning = threading.Lock()
        self._begun: tuple[Future[Deployed], Future[Walked]] | None = None
        self.tried_in_one_go = threading.Event()
        self._inspection = self.own(EnvironmentRun.inspect(project, timeout=settings.timeout))

    def __enter__(self) -> CheckContext:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every run and drop every scratch database, the newest first."""
        try:
            with self._lock:
                closing = self._closing.pop_all()
            closing.close()
        finally:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._closing.close()  # what a thread still opened while we were closing

    def own(self, resource: T) -> T:
        """Keep a context manager until this context is closed; returns what it gives."""
        with self._lock:
            self._closing.push(self._tell_leftover)
            entered: T = self._closing.enter_context(resource)  # type: ignore[arg-type]  # a context manager of itself
        return entered

    def _tell_leftover(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """What cannot be cleaned up is said beside the verdict, not in its place: the server may just have died."""
        if isinstance(error, HarnessError):
            self.leftovers.append(str(error))
            return True
        return False

    @cached_property
    def server(self) -> Server:
        """The server that scratch databases are made on."""
        return self._open_server()

    @property
    def inspection(self) -> EnvironmentRun:
        """The run of `env.py` in a fresh interpreter with no database and no migration."""
        self._inspection.ready()
        return self._inspection

    @cached_property
    def history(self) -> History:
        """Every revision file of the project.

        Raises:
            UsageError: the versions folder does not exist.
        """
        history = self.inspection.history()
        if history.version_locations and not any(Path(place).is_dir() for place in history.version_locations):
            shown = ", ".join(self.project.location(place) for place in history.version_locations)
            raise UsageError(
                f"The versions folder {shown} does not exist.",
                "Make it with `alembic revision`, or correct script_location and version_locations.",
            )
        return history

    @cached_property
    def load_failure(self) -> Failure | None:
        """Why Alembic cannot load the history, None if it can."""
        return self.inspection.revision_map_failure()

    def require_history(self) -> History:
        """The history, if it can be walked.

        Raises:
            BlockedCheck: it is empty, or Alembic cannot load it.
        """
        history = self.history
        if self.load_failure is not None or history.unloadable:
            raise BlockedCheck("graph", "the history cannot be loaded")
        if not history.revisions:
            raise BlockedCheck("graph", "there is no revision yet")
        return history

    def prepare(self) -> None:
        """Start the server and, if the history can be walked, the two upgrades, side by side in the background."""
        _ = self.server
        with contextlib.suppress(BlockedCheck):  # the checks say it, each for itself
            _ = self._ways

    @property
    def _ways(self) -> tuple[Future[Deployed], Future[Walked]]:
        """The two ways up, begun together."""
        with self._beginning:
            if self._begun is None:
                self.require_history()
                _ = self.server
                self._begun = self._pool.submit(deploy, self), self._pool.submit(walk, self)
            return self._begun

    @property
    def deployed(self) -> Deployed:
        """The upgrade to head in one go: its database, its schema, or why it failed."""
        return self._ways[0].result()

    @property
    def walked(self) -> Walked:
        """The walk to head, one down and up again: its live run and the schemas on its way."""
        return self._ways[1].result()

    def await_walk(self) -> None:
        """Wait until the walk is over, however it ends."""
        wait([self._ways[1]])

    def require_head(self) -> Deployed:
        """The database at head.

        Raises:
            BlockedCheck: the upgrade failed.
        """
        deployed = self.deployed
        if deployed.failure is not None or not deployed.arrived:
            raise BlockedCheck("upgrade", "the upgrade failed")
        return deployed

    @cached_property
    def head_run(self) -> EnvironmentRun:
        """A live run of `env.py` that stands at head, on a database that may be written to."""
        head = self.require_head()
        walked = self.walked
        if walked.failure is None and set(walked.run.heads) == set(head.heads):
            return walked.run
        database = self.own(self.server.create_database("head", template=head.database))
        return self.own(EnvironmentRun.start(self.project, database.url, timeout=self.settings.timeout))

    @cached_property
    def offline_run(self) -> OfflineRun:
        """The run of `env.py` in offline mode; the database that it is given is for an `env.py` that connects: what it
        does there is in no script.
        """
        beside = self.own(self.server.create_database("offline_env"))
        return self.own(OfflineRun(self.project, beside.url, timeout=self.settings.timeout))

    @cached_property
    def model_places(self) -> dict[str, dict[str, Any]]:
        """Where the models' tables and columns stand: see `harness.models.places`."""
        found: dict[str, dict[str, Any]] = self.head_run.call("harness.models.places:places")
        return found

    @cached_property
    def pending(self) -> dict[str, Any]:
        """What `alembic revision --autogenerate` would write at head: see `harness.models.pending`."""
        found: dict[str, Any] = self.head_run.call("harness.models.pending:pending_operations")
        return found

    @property
    def env_py(self) -> Location:
        """The project's `env.py`."""
        return Location(self.project.location(self.history.env_py), 1)

    def locate(self, revision: RevisionInfo | None, failure: Failure | None = None) -> Location | None:
        """Where a failure happened, or where its revision stands."""
        if failure is not None and failure.path is not None:
            return Location(self.project.location(failure.path), failure.line or 1)
        if revision is not None:
            return Location(self.project.location(revision.path), revision.line)
        return None
