"""The walkthrough is walked: its edits are made, its commands run in order, and what they print is what it shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import ROOT

from harness.server import Server

PAGE = ROOT / "docs" / "walkthrough.md"
DATABASE_URL = "postgresql://postgres:postgres@localhost:5432/sample_app"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The sample application in a place of its own."""
    for folder in ("sample_app", "alembic"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("alembic.ini", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


@pytest.fixture
def development_url(server: Server) -> Iterator[str]:
    """The reader's development database."""
    with server.create_database("walkthrough") as database:
        yield database.url


def edit(directory: Path, block: str) -> None:
    """Make the change of a diff block; its first line names the file, as a glob."""
    header, _, body = block.partition("\n")
    [path] = directory.glob(header.removeprefix("--- "))
    lines = body.splitlines(keepends=True)
    before = "".join(line[1:] for line in lines if line[0] in " -")
    after = "".join(line[1:] for line in lines if line[0] in " +")
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{path.name} does not have once:\n{before}"
    path.write_text(text.replace(before, after), encoding="utf-8")


def matches(shown: str, printed: str) -> bool:
    """Whether a command has printed what the page shows: `…` stands for anything in its line, alone for any lines."""
    pattern = ""
    for line in shown.strip().splitlines():
        within = "[^\n]*".join(re.escape(part) for part in line.split("…"))
        pattern += r"(?:[^\n]*\n)*" if line == "…" else f"{within}\n"
    return re.fullmatch(pattern, f"{printed.strip()}\n") is not None


def test_the_walkthrough(clone: Path, development_url: str) -> None:
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("HARNESS_", "DB__"))},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "NO_COLOR": "1",
        "PYTHONIOENCODING": "utf-8",
    }
    blocks = _FENCE.findall(PAGE.read_text(encoding="utf-8"))
    ran = 0
    for position, (language, block) in enumerate(blocks):
        if language == "diff":
            edit(clone, block)
        elif language == "bash":
            following, shown = blocks[position + 1] if position + 1 < len(blocks) else ("bash", "")
            for name, value in re.findall(r"^export (\w+)=(.*)$", block, re.MULTILINE):
                variables[name] = value.replace(DATABASE_URL, development_url)
            commands = re.sub(r"^export .*\n", "", block, flags=re.MULTILINE)
            done = subprocess.run(
                ["bash", "-ec", commands],
                cwd=clone,
                env=variables,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=120,
            )
            shown = shown if following == "" else "…"
            assert matches(shown, done.stdout), f"{block}prints:\n{done.stdout}\nand the page shows:\n{shown}"
            assert done.returncode == ("\nFailed:" in shown), done.stdout
            ran += 1
        else:
            assert language == "", f"what is a block of {language}?"
    assert ran == 10
    assert variables["DB__URL"] == development_url


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        ("a\nb", "a\nb\n", True),
        ("a\nb", "a\nb\nc", False),
        ("a … c", "a 1.5 c", True),
        ("a … c", "a 1.5 d", False),
        ("a …\nc", "a\nb\nc", False),
        ("a\n…\nc", "a\nb\nb\nc", True),
        ("a\n…\nc", "a\nc", True),
        ("…\nc", "c", True),
        ("a.c", "abc", False),
    ],
)
def test_what_counts_as_the_same(shown: str, printed: str, expected: bool) -> None:
    assert matches(shown, printed) is expected
