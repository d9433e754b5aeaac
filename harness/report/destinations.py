"""Which format goes where: the pairs of `--format` and `--output`."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path

from harness.findings import UsageError
from harness.report import FORMATS


def destinations(said: Sequence[tuple[str, str]]) -> tuple[str, list[tuple[str, Path]]]:
    """Where a report goes.

    Args:
        said: ("format", NAME) and ("output", FILE) in the order of the command line.

    Returns:
        The format of the standard output, which is the console if no other was given to it, and (format, file) pairs.

    Raises:
        UsageError: an unknown format, an --output without a --format, two formats for the standard output, or a file
            that cannot be written: that is refused before the work is done rather than after it.
    """
    pairs = _paired(said)
    spoken = next((name for name, file in pairs if file is None), "console")
    return spoken, [(name, _writable(file)) for name, file in pairs if file is not None]


def _paired(said: Sequence[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """Each --format with its --output: in order if there are as many, else each --output belongs to the one before it.

    In the (format, file) pairs that come back, a file of None is the standard output.
    """
    formats = [value for kind, value in said if kind == "format"]
    files = [value for kind, value in said if kind == "output"]
    for name in formats:
        if name not in FORMATS:
            nearest = difflib.get_close_matches(name, FORMATS, n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else f"Use one of {', '.join(FORMATS)}."
            raise UsageError(f"There is no format {name!r}.", hint)
    if files and not formats:
        formats = ["console"] * len(files)
    if len(files) == len(formats):
        pairs: list[tuple[str, str | None]] = list(zip(formats, files, strict=True))
    else:
        pairs = []
        for kind, value in said:
            if kind == "format":
                pairs.append((value, None))
            elif not pairs or pairs[-1][1] is not None:
                raise UsageError(f"--output {value} belongs to no --format.", "Put each --output after its --format.")
            else:
                pairs[-1] = (pairs[-1][0], value)
    pairs = [(name, None if file == "-" else file) for name, file in pairs]
    if sum(file is None for _, file in pairs) > 1:
        raise UsageError("Two formats go to the standard output.", "Give all but one of them an --output FILE.")
    return pairs


def _writable(file: str) -> Path:
    path = Path(file)
    if path.is_dir() or not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--output {file} cannot be written.", "Name a file in a folder that exists and is yours.")
    return path
