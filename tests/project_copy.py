"""A project in a temporary folder that a test may break."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import harness
from harness.server import Server


class ProjectCopy:
    """A project in a temporary folder that a test may break."""

    def __init__(self, directory: Path, server: Server) -> None:
        self.directory = directory
        self._server = server

    def write(self, path: str, text: str) -> Path:
        """Write a file, its folders too."""
        target = self.directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        return target

    def read(self, path: str) -> str:
        """A file's text."""
        return (self.directory / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that must be there once."""
        text = self.read(path)
        assert text.count(old) == 1, f"{path} has {old!r} {text.count(old)} times"
        self.write(path, text.replace(old, new))

    def check(self, *select: str, **settings: Any) -> harness.Report:
        """The report of the selected checks, on the session's server."""
        return harness.check(directory=self.directory, server=self._server, select=select, **settings)
