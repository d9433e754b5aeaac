"""The command `harness diff`: its options, and what is printed where. `docs/diff.md` describes it."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from harness.baseline import open_baseline
from harness.findings import UsageError
from harness.report.destinations import destinations
from harness.settings import load

if TYPE_CHECKING:
    from harness.comparison import Compared

STANDARD_OUTPUT = "-"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that only this command has."""
    for name, text in (("url_a", "the database that is as it should be"), ("url_b", "the database under test")):
        parser.add_argument(name, metavar=name.upper(), help=f"{text}: its URL, or a file with a snapshot")
    group = parser.add_argument_group("comparison")
    group.add_argument(
        "--ignore",
        metavar="GLOB",
        action="append",
        default=[],
        help="leave out what matches: a rule, an object, or rule:object, as in 'diff.*.owner'; may be repeated",
    )
    group.add_argument(
        "--skip-unreadable",
        action="store_true",
        help="leave out what a role may not read, on both sides, and say so, instead of giving up (exit code 3)",
    )
    group.add_argument("--sql", metavar="FILE", help="write the SQL that makes B what A is; - is the standard output")


def run(options: argparse.Namespace) -> int:
    """Compare, report, and return the exit code."""
    spoken, files = destinations(options.outputs)
    alone = options.sql == STANDARD_OUTPUT
    if alone and ("format", spoken) in options.outputs and spoken not in [name for name, _ in files]:
        raise UsageError("The SQL and a report both go to the standard output.", "Give one of them a file.")
    sql_file = None if alone or options.sql is None else _writable(options.sql)
    settings = load(Path.cwd(), fail_on=options.fail_on, baseline=options.baseline)
    baseline = open_baseline(Path.cwd(), settings.baseline, options.write_baseline)

    from harness import cli, comparison

    started = time.monotonic()
    compared = comparison.compare(
        options.url_a,
        options.url_b,
        ignore=options.ignore,
        fail_on=settings.fail_on,
        timeout=settings.timeout,
        skip_unreadable=options.skip_unreadable,
        baseline=baseline,
    )
    if sql_file is not None:
        sql_file.write_text(script(compared), encoding="utf-8")
    if alone:
        cli.print_plain(script(compared))
    else:
        cli.tell(compared.report, spoken, options, time.monotonic() - started)
    cli.write_files(compared.report, files)
    return compared.report.exit_code(settings.fail_on)


def script(compared: Compared) -> str:
    """The repair as a script for psql, with what a person has to do as comments at its end."""
    from harness.schema.repair.operation import one_line

    found = compared.repair
    parts = [found.sql] if found.operations else []
    parts += [one_line(f"-- For a person: {fix.difference.object}: {fix.reason}.") for fix in found.for_a_person]
    return "\n".join(parts or ["-- Nothing to repair."]) + "\n"


def _writable(file: str) -> Path:
    # The same judgement, before the work is done, as for a report.
    ((_, path),) = destinations([("format", "json"), ("output", file)])[1]
    return path
