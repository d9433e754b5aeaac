"""The process that forks interpreters: it has loaded Alembic and SQLAlchemy, which every run of `env.py` needs, and
nothing of the user's, so that each of its children stands where a fresh interpreter stands after half a second's work.

It has one thread and opens no connection, so that forking it is safe. It ends when the outside is gone, or when nobody
has asked for anything for a while.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import traceback

IDLE_SECONDS = 60.0

# What the inside itself imports in every run.
_ALWAYS_NEEDED = (
    "harness.environment.capture",
    "harness.environment.graph",
    "alembic.config",
    "alembic.autogenerate",
    "sqlalchemy.dialects.postgresql",
)


def serve(descriptor: int) -> None:
    """Fork an interpreter for each request, until the outside hangs up.

    A request is one byte with four descriptors: the channel, the lifeline's reading end, the output file, and the pipe
    on which the child tells its process id, in a line, and then we its exit status.
    """
    control = socket.socket(fileno=descriptor)
    os.set_inheritable(descriptor, False)
    gc.disable()  # what is imported stays
    for name in _ALWAYS_NEEDED:
        with contextlib.suppress(ImportError):  # a run says it better, in its own words
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector would touch, and so copy, every page that the children share
    gc.enable()
    woken, wake = os.pipe()
    for end in (woken, wake):
        os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    statuses: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control.fileno(), woken], [], [], IDLE_SECONDS)
        if not ready and not statuses:
            # From here on a request fails at the other end, or has come already.
            control.shutdown(socket.SHUT_RD)
        if woken in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(woken, 4096)
            _tell_ended(statuses)
        if control.fileno() in ready or not ready:
            request, descriptors, _, _ = socket.recv_fds(control, 1, 4)
            if not request:
                return
            channel, lifeline, output, status = descriptors
            pid = os.fork()
            if pid == 0:
                for inherited in (control.detach(), woken, wake, *statuses.values()):
                    os.close(inherited)
                _live(channel, lifeline, output, status)
            statuses[pid] = status
            for given in (channel, lifeline, output):
                os.close(given)


def _tell_ended(statuses: dict[int, int]) -> None:
    while statuses:
        pid, code = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        status = statuses.pop(pid)
        with contextlib.suppress(BrokenPipeError):  # the outside has no more interest in it
            os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
        os.close(status)


def _live(channel: int, lifeline: int, output: int, status: int) -> None:
    """The child's life, which never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.write(status, f"{os.getpid()}\n".encode())
        os.close(status)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)
        importlib.invalidate_caches()
        from harness.environment import inside

        inside.main(channel, lifeline)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)
