"""What every benchmark needs: the machine and the versions in a line, and a place in benchmarks/README.md."""

from __future__ import annotations

import datetime
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

README = Path(__file__).with_name("README.md")


def circumstances(*distributions: str) -> str:
    """Date, machine, Python, and the versions of what is named, for people who compare numbers."""
    today = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    machine = f"{_processor()}, {os.cpu_count()} cores"
    return ", ".join(
        [today, machine, f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in distributions)]
    )


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def table(header: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, the first column of text and the others of numbers."""
    lines = [header, ["---"] + ["---:"] * (len(header) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def write(name: str, text: str) -> None:
    """Put a result in its place in benchmarks/README.md, between `<!-- NAME -->` and `<!-- /NAME -->`."""
    page = README.read_text(encoding="utf-8")
    before, begin, rest = page.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    if not begin or not end:
        raise SystemExit(f"{README} has no place for {name}.")
    README.write_text(f"{before}{begin}{text.strip()}\n{end}{after}", encoding="utf-8")
