"""Read the documentation as its tests need it: links, sections, and the code that stands in them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")


def documents() -> list[Path]:
    """Every Markdown file that people read."""
    places = (ROOT, ROOT / "docs", ROOT / "docs" / "checks", ROOT / "benchmarks", ROOT / "sample_app")
    return sorted(path for place in places for path in place.glob("*.md"))


def links(path: Path) -> list[str]:
    """The targets of a file's links to files, as they are written."""
    prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return [target for target in _LINK.findall(prose) if not re.match(r"[a-z]+:", target)]


def anchors(path: Path) -> set[str]:
    """What a file's headings are called in links (GitHub's spelling)."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def code(path: Path, section: str = "", language: str = "python") -> list[str]:
    """The blocks of code of a section, or of the whole file."""
    text = path.read_text(encoding="utf-8")
    if section:
        text = re.split(r"^## ", text.partition(f"\n## {section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return [block for spoken, block in _FENCE.findall(text) if spoken == language]


def command(name: str) -> str:
    """A command of the README that does all its own set-up, by the name in the comment above it."""
    after = (ROOT / "README.md").read_text(encoding="utf-8").partition(f"<!-- command: {name} -->\n")[2]
    found = _FENCE.match(after)
    assert found is not None, f"the README has no command {name}"
    return found[2].strip()
