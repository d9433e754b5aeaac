"""The command line: reads the arguments, calls the core, prints what comes back. `docs/cli.md` describes it.

No more than the standard library is imported before a command needs it: `--help` and a wrong call answer at once.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

from harness import __version__, diff_command, gate_command
from harness.cli_options import (
    Parser,
    add_baseline,
    add_output,
    add_project,
    add_selection,
    add_server,
    add_walk,
    settings_of,
)
from harness.findings import HarnessError, Report, Severity, UsageError
from harness.report.destinations import destinations
from harness.report.text import plural, printable, without_passwords
from harness.settings import option_help

if TYPE_CHECKING:
    from types import FrameType

    from harness.checks.running import Progress

EXIT_CODES = """exit codes:
  0    no finding at or above --fail-on
  1    findings
  2    the call or the configuration is wrong
  3    a verdict could not be reached (no server, env.py crashed, ...)
  130  ended by Ctrl-C (143 by SIGTERM); nothing is left behind"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: what follows the command's name; `sys.argv` if left out.
    """
    try:
        with _unwinding():
            return _run(arguments)
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return 130


def _run(arguments: Sequence[str] | None) -> int:
    try:
        options = build_parser().parse_args(arguments)
        code: int = options.run(options)
        sys.stdout.flush()
    except HarnessError as error:
        _complain(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader has gone (`harness check | head`); the interpreter would fail once more when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except Exception:
        # Python's own exit code for this is 1, which would say that there are findings.
        traceback.print_exc()
        print(
            "harness: This is a defect of harness, not of your project.\nPlease report it with the lines above.",
            file=sys.stderr,
        )
        return 3
    return code


@contextmanager
def _unwinding() -> Iterator[None]:
    """Within this block, SIGTERM and SIGHUP end the run as Ctrl-C does, unless the caller has them ignored (nohup)."""
    numbers = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    # Only the main thread may set handlers; elsewhere the program that calls us looks after its signals itself.
    main_thread = threading.current_thread() is threading.main_thread()
    changed = [number for number in numbers if main_thread and signal.getsignal(number) is signal.SIG_DFL]
    for number in changed:
        signal.signal(number, _terminated)
    try:
        yield
    finally:
        for number in changed:
            signal.signal(number, signal.SIG_DFL)


def _terminated(number: int, _frame: FrameType | None) -> NoReturn:
    # As an exception it unwinds every `with` block on its way: servers and databases go as they do on Ctrl-C.
    raise SystemExit(128 + number)


def _complain(error: HarnessError) -> None:
    lines = [f"harness: {error.message}", error.fix, error.detail]
    print(without_passwords(printable("\n".join(line for line in lines if line))), file=sys.stderr)


def build_parser() -> Parser:
    """The parser of the whole command line."""
    parser = Parser(
        prog="harness",
        description="Migration testing and drift detection for Alembic, SQLAlchemy and PostgreSQL.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"harness {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True, dest="command")
    check = _command(commands, "check", "run every check that needs no live database", _check)
    add_selection(check)
    add_walk(check)
    add_project(check)
    add_server(check)
    add_baseline(check)
    add_output(check)
    gate = _command(
        commands, "gate", "judge whether a live database can be upgraded; it is only read", gate_command.run
    )
    gate_command.add_options(gate)
    add_selection(gate)
    add_project(gate)
    add_server(gate)
    add_baseline(gate)
    add_output(gate)
    diff = _command(
        commands, "diff", "compare two databases' schemas (A as it should be, B under test)", diff_command.run
    )
    diff_command.add_options(diff)
    add_baseline(diff)
    add_output(diff)
    rules = _command(commands, "rules", "list the rules, or explain one", _rules)
    rules.add_argument("name", nargs="?", metavar="NAME", help="a rule, or a check for all of its rules")
    init = _command(commands, "init", "write tests/test_migrations.py and [tool.harness]", _init)
    init.add_argument("--config", metavar="PATH", help=option_help()["config"])
    return parser


def _command(commands: Any, name: str, text: str, run: Any) -> Parser:
    parser: Parser = commands.add_parser(
        name,
        help=text,
        description=f"{text[:1].upper()}{text[1:]}.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    return parser


def _check(options: argparse.Namespace) -> int:
    settings = settings_of(options)

    from harness import api

    return judge(
        options,
        settings.fail_on,
        lambda progress: api.check(
            directory=Path.cwd(),
            settings=settings,
            progress=progress,
            write_revision=options.write_revision,
            write_baseline=options.write_baseline,
        ),
    )


def judge(options: argparse.Namespace, fail_on: Severity, run: Callable[[Progress | None], Report]) -> int:
    """Run what a command is for and tell its report, on the console while it goes on; returns the exit code."""
    spoken, files = destinations(options.outputs)

    from harness.report import render
    from harness.report.console import Console, Style

    stream: TextIO = sys.stdout
    console = (
        Console(stream, Style.for_stream(stream, options.verbose - options.quiet)) if spoken == "console" else None
    )
    started = time.monotonic()
    try:
        report = run(console)
    finally:
        if console is not None:
            console.clear()
    if console is not None:
        console.finish(report, time.monotonic() - started)
    else:
        print_plain(render(report, spoken))
    write_files(report, files)
    return report.exit_code(fail_on)


def tell(report: Report, spoken: str, options: argparse.Namespace, seconds: float) -> None:
    """Print a finished report on the standard output, in the format for it."""
    from harness.report import render
    from harness.report.console import Console, Style

    if spoken == "console":
        Console(sys.stdout, Style.for_stream(sys.stdout, options.verbose - options.quiet)).finish(report, seconds)
    else:
        print_plain(render(report, spoken))


def write_files(report: Report, files: Sequence[tuple[str, Path]]) -> None:
    """Write a report to the files that were asked for, each in its format."""
    from harness.report import render

    for name, path in files:
        try:
            path.write_text(render(report, name), encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def print_plain(text: str) -> None:
    """Print what a program will read: as UTF-8, whatever the terminal's encoding is."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))


def _rules(options: argparse.Namespace) -> int:
    from harness.catalogue import chapters, find_rules

    if options.name is None:
        for chapter in chapters():
            print(f"{chapter.name}: {chapter.summary}")
            for rule in chapter.rules:
                print(f"  {rule.name:<36} {rule.severity.value:<8} {rule.summary}")
        count = sum(len(chapter.rules) for chapter in chapters())
        print(f"\n{plural(count, 'rule')}; harness rules NAME explains one.")
        return 0
    summary, chosen = find_rules(options.name)
    if summary:
        print(f"{summary}\n")
    print("\n\n".join(f"{rule.name} ({rule.severity.value})\n  {rule.summary}\n  Why: {rule.why}" for rule in chosen))
    return 0


def _init(options: argparse.Namespace) -> int:
    from harness.scaffold import scaffold

    for line in scaffold(Path.cwd(), options.config):
        print(line)
    return 0
