"""The command `harness gate`: its options, and what is printed where. `docs/gate.md` describes it."""

from __future__ import annotations

import argparse
from pathlib import Path

from harness.cli_options import flat, settings_of
from harness.gate.fleet_options import add_fleet


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that only this command has."""
    parser.add_argument(
        "url", metavar="URL", nargs="?", help="the live database: postgresql://…, service=NAME, or host=… dbname=…"
    )
    add_fleet(parser)
    group = parser.add_argument_group("live database")
    group.add_argument(
        "--from",
        metavar="REV",
        dest="stands_at",
        help="take the database to stand at this revision (or several, with commas), whatever its version table says",
    )
    group.add_argument("--to", metavar="REV", dest="target", help="the revision that the deploy leads to; the heads")
    group.add_argument("--no-grants", action="store_true", help="do not compare privileges")
    group.add_argument("--no-policies", action="store_true", help="do not compare policies and row security")
    group.add_argument(
        "--ignore",
        metavar="GLOB",
        action="append",
        default=[],
        help="leave out what matches: a rule, an object, or rule:object, as in 'gate.drift.*:audit.*'; may be repeated",
    )
    group.add_argument(
        "--skip-unreadable",
        action="store_true",
        help="leave out what the role may not read, and say so, instead of giving up (exit code 3)",
    )


def run(options: argparse.Namespace) -> int:
    """Judge, report, and return the exit code."""
    settings = settings_of(options)

    from harness import api, cli

    return cli.judge(
        options,
        settings.fail_on,
        lambda progress: api.gate(
            options.url,
            databases=options.databases,
            schemas=options.schemas,
            jobs=options.jobs,
            directory=Path.cwd(),
            settings=settings,
            progress=progress,
            server_is_named=options.server is not None,
            select=flat(options.select) or (),
            skip=flat(options.skip) or (),
            stands_at=[part for part in (options.stands_at or "").replace(",", " ").split() if part],
            target=options.target,
            grants=not options.no_grants,
            policies=not options.no_policies,
            skip_unreadable=options.skip_unreadable,
            ignore=options.ignore,
            write_baseline=options.write_baseline,
        ),
    )
