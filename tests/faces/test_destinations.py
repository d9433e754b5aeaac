"""Where the formats go: `--format` and `--output`, pairwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.findings import UsageError
from harness.report.destinations import destinations


def said(line: str) -> list[tuple[str, str]]:
    """`f:json o:FILE` as the command line hands it over."""
    kinds = {"f": "format", "o": "output"}
    return [(kinds[word[0]], word[2:]) for word in line.split()]


@pytest.mark.parametrize(
    ("line", "spoken", "files"),
    [
        ("", "console", []),
        ("f:json", "json", []),
        ("f:json o:-", "json", []),
        ("f:json o:a", "console", [("json", "a")]),
        ("o:a f:json", "console", [("json", "a")]),
        ("f:json f:junit o:a o:b", "console", [("json", "a"), ("junit", "b")]),
        ("f:json o:a f:junit o:b", "console", [("json", "a"), ("junit", "b")]),
        ("f:console f:json o:a", "console", [("json", "a")]),
        ("f:json o:a f:github", "github", [("json", "a")]),
        ("f:console f:json o:- o:a", "console", [("json", "a")]),
        ("o:a", "console", [("console", "a")]),
    ],
)
def test_pairs(
    line: str, spoken: str, files: list[tuple[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert destinations(said(line)) == (spoken, [(name, Path(file)) for name, file in files])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("f:jsn", "no format 'jsn'. Did you mean json"),
        ("f:pdf", "no format 'pdf'. Use one of console, json"),
        ("f:json f:junit", "Two formats go to the standard output"),
        ("f:json o:a o:b", "--output b belongs to no --format"),
        ("f:json o:missing/a", "--output missing/a cannot be written"),
        ("f:json o:.", r"--output \. cannot be written"),
    ],
)
def test_refusals(line: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=message):
        destinations(said(line))
