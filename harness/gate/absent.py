"""What git remembers of a revision that this checkout does not have: was it taken out, or is it on another branch?"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

_SECONDS = 10


@dataclass(frozen=True)
class Trace:
    """The newest commit that added or removed the file of a revision.

    Attributes:
        commit: its short hash.
        subject: its first line.
        path: the file, from the root of the repository.
        is_behind: whether the checkout is built on that commit, so that the commit took the file out.
    """

    commit: str
    subject: str
    path: str
    is_behind: bool

    def __str__(self) -> str:
        commit = f"commit {self.commit} ({self.subject})"
        if self.is_behind:
            return f"{commit} took it out of {self.path}: restore it with `git checkout {self.commit}~1 -- {self.path}`"
        return f"{commit}, which is not in this checkout, has it in {self.path}"


def trace(revision: str, folders: Sequence[str]) -> Trace | None:
    """Look for a revision in the git history of folders.

    Args:
        revision: its id.
        folders: where the project keeps its revisions, as absolute paths.

    Returns:
        what was found; None if nothing was, if there is no git or no repository, or if the search takes too long.
    """
    for folder in folders:
        for since, is_behind in (("HEAD", True), ("--all", False)):
            lines = _log(revision, folder, since)
            if lines is None:
                return None
            if len(lines) > 2:
                return Trace(lines[0], lines[1], lines[2], is_behind)
    return None


def _log(revision: str, folder: str, since: str) -> list[str] | None:
    # A line of the file says `revision = "…"`, with or without a type; only commits that touch such a line are found.
    pattern = rf"^revision.*=.*['\"]{re.escape(revision)}['\"]"
    command = ["git", "-C", folder, "log", since, "-1", "--format=%h%n%s", "--name-only", f"-G{pattern}", "--", "."]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if done.returncode != 0:
        return None
    return [line for line in done.stdout.splitlines() if line]
