"""The options of `harness gate` for many databases."""

from __future__ import annotations

import argparse

JOBS = 8


def add_fleet(parser: argparse.ArgumentParser) -> None:
    """Which databases, and how many at the same time."""
    group = parser.add_argument_group("many databases")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument(
        "--databases",
        metavar="FILE",
        help="judge every database of a list, in place of URL: one URL a line, # begins a comment; - reads it from the "
        "standard input",
    )
    choice.add_argument(
        "--schemas",
        metavar="GLOB",
        help="judge every schema of URL whose name matches, as a tenant of its own; {schema} in -x and --env becomes "
        "its name",
    )
    group.add_argument(
        "--jobs", metavar="N", type=_positive, default=JOBS, help="how many at the same time (default: %(default)s)"
    )


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of 1 or more")
    return int(text)
