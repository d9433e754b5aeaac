"""The process that an environment run lives in: started, spoken to, and ended without a trace."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from typing import Any

from harness.environment.channel import Channel, ChannelClosed
from harness.environment.processes import CHANGING, start
from harness.environment.project import Project
from harness.findings import VerdictError

_OUTPUT_SHOWN = 4000  # characters of the user's own output kept for an error's detail
_GRACE_SECONDS = 2.0


class Interpreter:
    """A fresh interpreter, the one that harness itself runs in, working for one project.

    It is a session of its own, so that Ctrl-C reaches only the outside, which then ends it; and it holds the reading
    end of a pipe, so that it ends by itself when the outside is killed.
    """

    def __init__(self, project: Project, mode: str, url: str | None, timeout: float) -> None:
        self.timeout = timeout
        # The inside's output goes to a file: a pipe would fill up while nobody reads it.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  # closed in `close`, with the process
        ours, theirs = socket.socketpair()
        lifeline_theirs, self._lifeline = os.pipe()
        try:
            self._process = start(theirs.fileno(), lifeline_theirs, self._output.fileno())
        except BaseException:
            ours.close()
            os.close(self._lifeline)
            self._output.close()
            raise
        finally:
            theirs.close()
            os.close(lifeline_theirs)
        self.channel = Channel(ours)
        self._closed = False
        try:
            self.channel.send(
                {
                    "mode": mode,
                    "directory": str(project.directory),
                    "config": str(project.config),
                    "name": project.name,
                    "x": list(project.x),
                    "url": url,
                    "environment": {
                        **{name: os.environ[name] for name in CHANGING & os.environ.keys()},
                        **project.environment_for(url),
                    },
                }
            )
        except BaseException:
            self.close(grace=0)
            raise

    def send(self, message: dict[str, Any]) -> None:
        """Send a command.

        Raises:
            VerdictError: the interpreter is gone.
        """
        try:
            self.channel.send(message)
        except ChannelClosed:
            raise self._gone() from None

    def receive(self, doing: str) -> dict[str, Any]:
        """The next event.

        Args:
            doing: what is being waited for, as it is named in the error.

        Raises:
            VerdictError: the interpreter ended, or said nothing within the timeout.
        """
        try:
            return self.channel.receive(self.timeout)
        except ChannelClosed:
            raise self._gone() from None
        except TimeoutError:
            detail = self.output()
            self.close(grace=0)
            raise VerdictError(
                f"{doing} made no progress for {self.timeout:g} seconds and was ended.",
                'Look for a lock it waits for, or give it longer: timeout = "10min" in [tool.harness].',
                detail,
            ) from None

    def output(self) -> str:
        """The end of what the user's code has printed."""
        if self._output.closed:
            return ""
        # pread leaves the file's offset, which the process shares, where it is.
        size = os.fstat(self._output.fileno()).st_size
        data = os.pread(self._output.fileno(), _OUTPUT_SHOWN, max(0, size - _OUTPUT_SHOWN))
        return data.decode(errors="replace").strip()

    def _gone(self) -> VerdictError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_SECONDS)
        code = self._process.returncode
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"exited with status {code}"
        detail = self.output()
        self.close(grace=0)
        return VerdictError(
            f"The interpreter that runs env.py {how} before it was done.",
            "Run `alembic upgrade head` by hand to see it happen.",
            detail,
        )

    def close(self, grace: float = _GRACE_SECONDS) -> None:
        """End the process: it gets `grace` seconds to end by itself, then it and its children are killed."""
        if self._closed:
            return
        self._closed = True
        self.channel.close()
        try:
            if grace:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(grace)
        finally:
            if self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
            os.close(self._lifeline)
            self._output.close()
