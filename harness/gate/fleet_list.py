"""The list of `harness gate --databases FILE`: one database a line."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.comparison.address import Address, read_address
from harness.findings import UsageError

STANDARD_INPUT = "-"
_COMMENT = re.compile(r"(^|\s)#.*$")
# What tells two databases apart; who looks at one does not.
_PLACE = {"service": "", "host": "", "hostaddr": "", "port": "5432", "dbname": ""}


def read_databases(said: str | Sequence[str]) -> tuple[Address, ...]:
    """The databases of a list.

    Args:
        said: the path of a file, `-` being the standard input, or its lines. A line holds a URL or connection string,
            in any form that `harness gate` takes; empty lines are skipped, and so is what follows a `#` at the
            beginning or after white space.

    Raises:
        UsageError: the file cannot be read, the list names none, names one twice, or has a line that names nothing. No
            part of the line is shown, since any may turn out to be a password.
    """
    lines, what = (_text(said).splitlines(), said) if isinstance(said, str) else (said, "the list of databases")
    found: dict[tuple[str, ...], tuple[int, Address]] = {}
    for number, line in enumerate(lines, start=1):
        text = _COMMENT.sub("", line).strip()
        if not text:
            continue
        address = read_address(text, f"Line {number} of {what}")
        place = tuple(address.parameters.get(key, default) for key, default in _PLACE.items())
        if not place[-1] and "PGDATABASE" not in os.environ:
            # libpq takes the name of the user then.
            place = (*place[:-1], address.parameters.get("user", ""))
        if place in found:
            raise UsageError(
                f"Lines {found[place][0]} and {number} of {what} name the same database, {address.name}.",
                "Take one of them out.",
            )
        found[place] = number, address
    if not found:
        raise UsageError(
            f"There is no database in {what}.", "Write one URL a line: postgresql://user@host:5432/database."
        )
    return tuple(address for _, address in found.values())


def _text(file: str) -> str:
    if file == STANDARD_INPUT:
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(
            f"The list of databases {file} cannot be read: {reason}.", "Give the path of a text file."
        ) from error
