"""An environment run as the outside sees it: one fresh interpreter, one run of the user's `env.py`, piloted step by
step.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.environment.interpreter import Interpreter
from harness.environment.not_run import RunFailed, failed, unloadable
from harness.environment.project import Project
from harness.environment.records import Configured, Direction, Failure, History, StepResult, from_json
from harness.findings import VerdictError

_REVISION_FILES = "harness.environment.graph:read_history"
_REVISION_MAP = "harness.environment.graph:load_revision_map"

# Seconds between two looks at what a walk has told meanwhile.
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.005, 0.1


@dataclass(frozen=True)
class Deployment:
    """What became of an upgrade in one go: the revisions in the order they were begun, the failure that ended it, and
    how many times `env.py` ran its migrations.
    """

    revisions: tuple[str, ...]
    failure: Failure | None = None
    times: int = 1


class EnvironmentRun:
    """One run of `env.py`. Use it as a context manager; nothing of it survives the block.

    Starting one returns at once, so that several can get ready side by side; the first question waits.
    """

    def __init__(self, project: Project, mode: str, url: str | None, timeout: float) -> None:
        self.project = project
        self._mode = mode
        self._url = url
        self._interpreter = Interpreter(project, mode, url, timeout)
        self._state: dict[str, Any] | None = None
        self._heads: tuple[str, ...] = ()

    @classmethod
    def start(cls, project: Project, database_url: str, *, timeout: float = 300.0) -> EnvironmentRun:
        """Run `env.py` online on a scratch database, and stop where it calls `context.run_migrations()`."""
        return cls(project, "online", database_url, timeout)

    @classmethod
    def inspect(cls, project: Project, *, timeout: float = 300.0) -> EnvironmentRun:
        """Run `env.py` to its end in Alembic's offline mode, with no database and no migration."""
        return cls(project, "inspect", None, timeout)

    @classmethod
    def bare(cls, project: Project, *, timeout: float = 300.0) -> EnvironmentRun:
        """An interpreter set up as Alembic would set it up, in which `env.py` is not run."""
        return cls(project, "bare", None, timeout)

    def __enter__(self) -> EnvironmentRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(grace=0 if kind is not None else 2.0)

    def close(self, *, grace: float = 2.0) -> None:
        """End the run and its interpreter, which gets `grace` seconds to end by itself."""
        self._interpreter.close(grace)

    def finish(self) -> None:
        """Let `env.py` run to its end, and the interpreter with it.

        Raises:
            RunFailed: `env.py` raised after its migrations.
        """
        if self._mode == "online" and self.ready().get("event") == "running":
            ended = self._state or {}
            while ended["event"] == "running":  # once for each time that env.py runs its migrations
                self._interpreter.send({"command": "finish"})
                ended = self._interpreter.receive("env.py, after its migrations,")
            self._state = ended
            if ended["failure"] is not None:
                raise failed(self.project, ended, self._interpreter.output())
        self._interpreter.send({"command": "finish"})
        self.close()

    def ready(self) -> dict[str, Any]:
        """Wait until the run stands where its mode stops, and say where that is.

        Raises:
            RunFailed: `env.py` raised, exited, or never called `run_migrations`; or the project could not be loaded.
            VerdictError: the run is not on the scratch database, or the interpreter died.
        """
        if self._state is None:
            state = self._interpreter.receive("env.py")
            if state["event"] == "unloadable":
                raise unloadable(self.project, state)
            if self._mode == "online":
                if state["event"] == "ended":
                    raise failed(self.project, state, self._interpreter.output())
                self._require_scratch(state)
                self._heads = tuple(state["heads"])
            self._state = state
        return self._state

    def proceed(self) -> None:
        """Let `env.py` go on to where it calls `context.run_migrations()` the next time.

        Raises:
            RunFailed: it does not, or raises before.
        """
        self.ready()
        self._interpreter.send({"command": "finish"})
        state = self._interpreter.receive("env.py, between its migrations,")
        if state["event"] == "ended":
            raise failed(self.project, state, self._interpreter.output())
        self._state = state

    @property
    def configured(self) -> tuple[Configured, ...]:
        """What `env.py` passed to `context.configure`, one record a call."""
        return tuple(from_json(Configured, part) for part in self.ready().get("configured", ()))

    @property
    def failure(self) -> Failure | None:
        """For an inspecting or offline run: the exception that ended `env.py`, None if it ran to its end."""
        failure = self.ready().get("failure")
        return None if failure is None else from_json(Failure, failure)

    @property
    def heads(self) -> tuple[str, ...]:
        """The revisions that the database stands at."""
        self.ready()
        return self._heads

    def call(self, function: str, **arguments: Any) -> Any:
        """Call `module:function` inside, with an `Inside` and JSON-able arguments, and return what it returns as JSON.

        Raises:
            RunFailed: the function raised.
        """
        self.ready()
        return self._result(self._ask({"command": "call", "function": function, "arguments": arguments}, function))

    def _result(self, answer: dict[str, Any]) -> Any:
        self._heads = tuple(answer.get("heads", self._heads))
        if answer["event"] == "raised":
            failure = from_json(Failure, answer["failure"])
            raise RunFailed(f"{failure.kind}: {failure.message}.", detail=failure.traceback, failure=failure)
        return answer.get("result")

    def history(self) -> History:
        """Every revision file of the project, the unloadable ones too."""
        return from_json(History, self.call(_REVISION_FILES))

    def revision_map_failure(self) -> Failure | None:
        """Why Alembic itself cannot load the history; None if it can."""
        failure = self.call(_REVISION_MAP)
        return None if failure is None else from_json(Failure, failure)

    def deploy(self, target: str = "heads") -> Deployment:
        """Upgrade in one go, in the project's own transaction mode, and let `env.py` end: what a deploy does.

        The run is over afterwards. Look at the version table: an `env.py` can end well and have committed nothing.
        """
        self.ready()
        self._interpreter.send({"command": "deploy", "target": target})
        begun: list[str] = []
        times = 1
        doing = "env.py"
        while (event := self._interpreter.receive(doing))["event"] != "ended":
            if event["event"] == "running":  # env.py runs its migrations again, for another schema perhaps
                self._interpreter.send({"command": "deploy", "target": target})
                times += 1
                continue
            begun.append(event["revision"])
            doing = f"The upgrade of revision {begun[-1]}"
        self._state = event
        failure = event["failure"]
        return Deployment(tuple(begun), None if failure is None else from_json(Failure, failure), times)

    def plan(self, target: str, direction: Direction) -> tuple[str, ...]:
        """The revisions that lead from where the database stands to a target, in order, as Alembic plans them.

        Raises:
            RunFailed: the target does not exist or cannot be reached.
        """
        self.ready()
        answer = self._ask({"command": "plan", "target": target, "direction": direction}, "The plan")
        if answer["event"] == "raised":
            failure = from_json(Failure, answer["failure"])
            raise RunFailed(f"{failure.message}.", failure=failure)
        return tuple(answer["revisions"])

    def step(self, revision: str, direction: Direction, *, forget: bool = True) -> StepResult:
        """Apply one revision in one direction and commit it.

        Args:
            forget: know nothing of the steps before, as a separate run would; else what Alembic remembers within one
                run of those that stand (which enums they have made).
        """
        self.ready()
        command = {"command": "step", "revision": revision, "direction": direction, "forget": forget}
        result = from_json(StepResult, self._ask(command, f"The {direction} of revision {revision}"))
        self._heads = result.heads
        return result

    def conduct(self, function: str, told: Callable[[str, Direction], None], **arguments: Any) -> Any:
        """Let `module:function` walk inside, deciding by itself what comes next, and return what it returns as JSON.

        Args:
            function: is given an `Inside`, `take`, which takes a step and gives its `StepResult`, and the arguments.
            told: told of each step before it is taken, or soon after.
            arguments: JSON-able.

        Raises:
            RunFailed: the function raised.
            VerdictError: a step hangs, or the interpreter died.
        """
        self.ready()
        self._interpreter.send({"command": "conduct", "function": function, "arguments": arguments})
        doing, pause = "The walk", _SHORTEST_PAUSE
        while (answer := self._receive(doing))["event"] in ("taking", "taken"):
            step = f"the {answer['direction']} of revision {answer['revision']}"
            if answer["event"] == "taking":
                told(answer["revision"], answer["direction"])
                doing = f"T{step[1:]}"
            else:
                doing = f"The walk, after {step},"
            # To be woken up for each message would cost the inside as much as to wait for us.
            if not self._interpreter.channel.holds_message:
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
        return self._result(answer)

    def walk(self, revisions: Sequence[str], direction: Direction, *, forget: bool = True) -> Iterator[StepResult]:
        """Apply revisions one after the other, stopping after the first that fails; between two the database can be
        read.
        """
        for revision in revisions:
            result = self.step(revision, direction, forget=forget)
            yield result
            if result.failure is not None:
                return

    def upgrade(self, target: str = "heads") -> tuple[StepResult, ...]:
        """Walk up to a target.

        Raises:
            RunFailed: a revision failed.
        """
        return self._walk_to(target, "upgrade")

    def downgrade(self, target: str) -> tuple[StepResult, ...]:
        """Walk down to a target.

        Raises:
            RunFailed: a revision failed.
        """
        return self._walk_to(target, "downgrade")

    def _walk_to(self, target: str, direction: Direction) -> tuple[StepResult, ...]:
        results = tuple(self.walk(self.plan(target, direction), direction))
        if results and (failure := results[-1].failure) is not None:
            where = f" ({self.project.location(failure.path)}:{failure.line})" if failure.path else ""
            raise RunFailed(
                f"The {direction} of revision {results[-1].revision} failed{where}: {failure.message}.",
                detail=failure.traceback,
                failure=failure,
            )
        return results

    def _ask(self, command: dict[str, Any], doing: str) -> dict[str, Any]:
        self._interpreter.send(command)
        return self._receive(doing)

    def _receive(self, doing: str) -> dict[str, Any]:
        answer = self._interpreter.receive(doing)
        if answer["event"] == "ended":
            raise failed(self.project, answer, self._interpreter.output())
        return answer

    def _require_scratch(self, state: dict[str, Any]) -> None:
        wanted = unquote(urlsplit(self._url or "").path.lstrip("/"))
        if state["database"] == wanted:
            return
        self._interpreter.close(0)
        raise VerdictError(
            f"env.py stands in database {state['database']!r}, not in the scratch database; nothing was run there.",
            "Report this env.py to the authors of harness: its connections could not be redirected.",
        )
