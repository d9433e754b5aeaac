"""How the workers of pytest-xdist reach the one `Shared` of the session: a socket of the controller, and its two ends.

The controller listens on a private socket; nothing is started before a worker asks. What a killed worker leaves on the
server goes with it, or is dropped by the watchdog of `attach_server` when the server is somebody else's.

Messages are JSON; the connection is authenticated by a key that travels with xdist's own start message.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Any

from harness.environment import Project, find_project
from harness.findings import HarnessError, Report, UsageError, VerdictError
from harness.server import ScratchDatabase, Server, attach_server
from harness.settings import load
from harness.templates import Start
from harness.testbed.revisions import Revisions
from harness.testbed.shared import Shared


class Broker:
    """The controller's end.

    Args:
        find_directory: says where the project and its settings are; called when the first worker asks.
    """

    def __init__(self, find_directory: Callable[[], Path]) -> None:
        self._find_directory = find_directory
        self._shared: Shared | None = None
        self._lock = threading.Lock()
        self._closing = False
        self._key = secrets.token_bytes(32)
        self._listener = Listener(authkey=self._key)
        # A server may be tied to the life of the thread that started it (PR_SET_PDEATHSIG is): that thread is one that
        # stays until the end, not one of those that serve a worker.
        self._starter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="harness-broker")
        threading.Thread(target=self._accept, name="harness-broker", daemon=True).start()

    @property
    def ticket(self) -> dict[str, str]:
        """What a worker needs to connect; strings only, since it travels in xdist's `workerinput`."""
        return {
            "address": json.dumps(self._listener.address),
            "key": self._key.hex(),
        }

    @property
    def shared(self) -> Shared | None:
        """What the workers share, if one has asked."""
        return self._shared

    def close(self) -> None:
        """End the session's server, whatever the workers are doing."""
        self._closing = True
        with contextlib.suppress(OSError, EOFError, AuthenticationError):
            Client(self._listener.address, authkey=self._key).close()  # wakes `accept`
        self._listener.close()
        with self._lock:
            shared = self._shared
        if shared is not None:
            shared.close()
        self._starter.shutdown()

    def _accept(self) -> None:
        while not self._closing:
            # Refused is who has not the key, and a worker that was killed while it connected.
            with contextlib.suppress(OSError, EOFError, AuthenticationError):
                connection = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), name="harness-broker", daemon=True).start()

    def _serve(self, connection: Connection) -> None:
        """Answer one worker until it is gone."""
        with connection, contextlib.suppress(EOFError, OSError):
            while True:
                request = json.loads(connection.recv_bytes())
                connection.send_bytes(json.dumps(self._answer(request)).encode())

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            with self._lock:
                if self._shared is None:
                    self._shared = Shared(self._find_directory(), lambda start: self._starter.submit(start).result())
            method: Callable[..., Any] = getattr(self, f"_do_{request.pop('do')}")
            return {"result": method(self._shared, **request)}
        except HarnessError as error:
            kind = "usage" if isinstance(error, UsageError) else "verdict"
            return {"error": kind, "message": error.message, "fix": error.fix, "detail": error.detail}
        except Exception as error:  # whatever it is, the worker must not wait for an answer for ever
            return {"error": "verdict", "message": f"{error!r}", "fix": "", "detail": traceback.format_exc()}

    def _do_directory(self, shared: Shared) -> str:
        return str(shared.directory)

    def _do_server(self, shared: Shared) -> dict[str, str]:
        server = shared.server()
        return {"kind": server.kind, "why": server.why, "url": server.url}

    def _do_at_head(self, shared: Shared) -> dict[str, str]:
        database = shared.at_head()
        return {"name": database.name, "url": database.url}

    def _do_start(self, shared: Shared, target: str) -> dict[str, Any]:
        start = shared.start(target)
        made = start.template
        return {
            "template": None if made is None else {"name": made.name, "url": made.url},
            "heads": list(start.heads),
            "arrived": start.arrived,
            "wants_outline": start.wants_outline,
        }

    def _do_learn(self, shared: Shared, outline: dict[str, Any]) -> None:
        shared.learn(outline)

    def _do_revisions(self, shared: Shared) -> Revisions:
        return shared.revisions()

    def _do_report(self, shared: Shared, select: Sequence[str]) -> dict[str, Any]:
        return shared.report(select).to_dict()


class RemoteSession:
    """A worker's end; the same to the fixtures as `Shared`.

    Args:
        ticket: `Broker.ticket`.
    """

    def __init__(self, ticket: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._connection = Client(json.loads(ticket["address"]), authkey=bytes.fromhex(ticket["key"]))
        self._server: Server | None = None
        self.directory = Path(self.ask("directory"))
        self.settings = load(self.directory)

    @cached_property
    def project(self) -> Project:
        """The project that the settings name.

        Raises:
            UsageError: there is none.
        """
        return find_project(self.settings, self.directory)

    def owns(self, project: Project, server: Server | None) -> bool:
        """Whether these are the session's own project and server, and not a conftest's."""
        return project is self.__dict__.get("project") and (server is None or server is self._server)

    def server(self) -> Server:
        """The controller's server."""
        if self._server is None:
            facts = self.ask("server")
            self._server = attach_server(facts["url"], kind=facts["kind"], why=facts["why"])
        return self._server

    def at_head(self) -> ScratchDatabase:
        """The controller's template. It is not ours to drop."""
        return _theirs(self.ask("at_head"))

    def start(self, target: str) -> Start:
        """What a walk to a target may begin with, by the controller's templates."""
        told = self.ask("start", target=target)
        template = None if told["template"] is None else _theirs(told["template"])
        return Start(template, tuple(told["heads"]), told["arrived"], told["wants_outline"])

    def learn(self, outline: Mapping[str, Any]) -> None:
        """Tell the controller the history."""
        self.ask("learn", outline=dict(outline))

    def report(self, select: Sequence[str]) -> Report:
        """The report that the controller makes once for all."""
        return Report.from_dict(self.ask("report", select=list(select)))

    def revisions(self) -> Revisions:
        """The revisions that have a test each, the same for all workers."""
        return tuple((revision, label) for revision, label in self.ask("revisions"))

    def ask(self, what: str, **arguments: Any) -> Any:
        """Ask the controller.

        Raises:
            UsageError, VerdictError: what the controller's side raised, or that it is gone.
        """
        with self._lock:
            try:
                self._connection.send_bytes(json.dumps({"do": what, **arguments}).encode())
                answer = json.loads(self._connection.recv_bytes())
            except (EOFError, OSError) as error:
                raise VerdictError("The process that runs this test session's server is gone.") from error
        if "error" in answer:
            kind = UsageError if answer["error"] == "usage" else VerdictError
            raise kind(answer["message"], answer["fix"], answer["detail"])
        return answer["result"]

    def close(self) -> None:
        """Drop what this worker has left on the server, which itself is the controller's, and hang up."""
        if self._server is not None:
            self._server.close()
        self._connection.close()


def _theirs(made: Mapping[str, str]) -> ScratchDatabase:
    return ScratchDatabase(made["name"], made["url"], _leave, {})


def _leave(_database: ScratchDatabase) -> None:
    """The controller drops it."""
