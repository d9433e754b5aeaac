"""The options that the commands share, a group each, and the settings that they make."""

from __future__ import annotations

import argparse
import difflib
import re
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from harness.findings import Severity, UsageError
from harness.report import FORMATS
from harness.settings import Settings, assignments, load, option_help


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong call is a `UsageError`: one sentence, then what to do."""

    def error(self, message: str) -> NoReturn:
        hint = f"See {self.prog} --help."
        choice = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
        if choice is not None:
            nearest = difflib.get_close_matches(choice[1], re.findall(r"[\w-]+", choice[2]), n=1)
            hint = f"Did you mean {nearest[0]}?" if nearest else hint
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint)


def add_selection(parser: Parser) -> None:
    """Which checks are run."""
    group = parser.add_argument_group("selection")
    group.add_argument("--select", metavar="NAME,...", action="append", type=_names, help="run only these checks")
    group.add_argument("--skip", metavar="NAME,...", action="append", type=_names, help="leave these checks out")


def add_walk(parser: Parser) -> None:
    """Which part of the history is walked, and what is written about the drift at its end."""
    text, group = option_help(), parser.add_argument_group("history")
    group.add_argument("--from", metavar="REV", dest="from_revision", help=text["from_revision"])
    group.add_argument("--to", metavar="REV", dest="to_revision", help=text["to_revision"])
    group.add_argument(
        "--write-revision",
        metavar="MESSAGE",
        nargs="?",
        const="repair drift",
        help="write a new revision that repairs what drift finds (message: %(const)s)",
    )


def add_baseline(parser: Parser) -> None:
    """Known findings, which do not fail."""
    group = parser.add_argument_group("baseline")
    choice = group.add_mutually_exclusive_group()
    choice.add_argument("--baseline", metavar="FILE", help=option_help()["baseline"])
    choice.add_argument("--write-baseline", metavar="FILE", help="record today's findings in a file as known")


def add_project(parser: Parser) -> None:
    """Which project is judged, and what its env.py is given."""
    text, group = option_help(), parser.add_argument_group("project")
    group.add_argument("--config", metavar="PATH", help=text["config"])
    group.add_argument("--name", metavar="SECTION", help=text["name"])
    group.add_argument(
        "-x", metavar="KEY=VALUE", action="append", default=[], help="an argument for env.py, as alembic -x"
    )
    group.add_argument("--env", metavar="NAME=VALUE", action="append", default=[], help=text["env"])


def add_server(parser: Parser) -> None:
    """Where PostgreSQL comes from."""
    text, group = option_help(), parser.add_argument_group("server")
    group.add_argument("--server", metavar="auto|docker|embedded|URL", help=text["server"])
    group.add_argument("--image", metavar="IMAGE", help=text["image"])


def add_output(parser: Parser) -> None:
    """How the report is told, and what fails."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format",
        metavar="|".join(FORMATS),
        dest="outputs",
        action="append",
        default=[],
        type=lambda value: ("format", value),
        help="how to report; may be repeated, each with an --output of its own",
    )
    group.add_argument(
        "--output",
        metavar="FILE",
        dest="outputs",
        action="append",
        type=lambda value: ("output", value),
        help="where the --format before it goes; the standard output if left out, or -",
    )
    group.add_argument(
        "--fail-on", choices=[level.value for level in reversed(Severity)], help=option_help()["fail_on"]
    )
    loudness = group.add_mutually_exclusive_group()
    loudness.add_argument("-q", "--quiet", action="store_true", help="findings and the summary only")
    loudness.add_argument("-v", "--verbose", action="store_true", help="everything, long details in full")


def _names(value: str) -> list[str]:
    return [name for name in value.replace(",", " ").split() if name]


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings that the options of a command give, over those of the table and the environment."""
    settings = load(
        Path.cwd(),
        config=options.config,
        name=options.name,
        server=options.server,
        image=options.image,
        fail_on=options.fail_on,
        select=flat(options.select),
        skip=flat(options.skip),
        baseline=getattr(options, "baseline", None),
        from_revision=getattr(options, "from_revision", None),
        to_revision=getattr(options, "to_revision", None),
    )
    # What is given one by one adds to the table's entries and wins over those of the same name.
    return replace(settings, x=(*settings.x, *options.x), env={**settings.env, **assignments(options.env, "--env")})


def flat(lists: list[list[str]] | None) -> list[str] | None:
    """The names of an option that may be repeated, each time with several; None if it was not given."""
    return None if lists is None else [name for names in lists for name in names]
