"""The report for people: a line on the server, a line a check as it ends, the findings, one sentence at the end.

`Console` prints while the run goes on (it is the `Progress` of the command line); `render` and `findings_text` give the
same text for a file or a failing test.
"""

from __future__ import annotations

import io
import os
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from harness.findings import CheckResult, Finding, Report, ServerSummary, Severity
from harness.report.text import facts, plural, printable, server_line, summary, unfinished
from harness.report.transient import Transient

DETAIL_LINES = 20
_SYMBOLS = {"passed": "✓", "failed": "✗", "skipped": "–", "error": "!", "arrow": "→", "bar": "│"}
_ASCII = {"passed": "ok", "failed": "FAIL", "skipped": "skip", "error": "ERR", "arrow": "-->", "bar": "|"}
_COLORS = {
    "passed": "32",
    "failed": "31",
    "skipped": "33",
    "error": "1;31",
    Severity.ERROR: "1;31",
    Severity.WARNING: "1;33",
    Severity.INFO: "1;34",
    "label": "2",
    "bold": "1",
}


@dataclass(frozen=True)
class Style:
    """How to print: colours, the characters that the stream can encode, columns for prose, -1 quiet / 1 verbose, and
    whether a terminal gets a line that tells what is going on.
    """

    color: bool = False
    unicode: bool = True
    width: int = 100
    verbosity: int = 0
    live: bool = True

    @classmethod
    def for_stream(cls, stream: TextIO, verbosity: int = 0, environment: Mapping[str, str] | None = None) -> Style:
        """The style that suits a stream: https://no-color.org, https://force-color.org, TERM=dumb, CI, its encoding."""
        environment = os.environ if environment is None else environment
        color = stream.isatty() and environment.get("TERM") != "dumb"
        # Some CI services give a job a terminal, and keep every line that was taken back in its log.
        live = environment.get("TERM") != "dumb" and environment.get("CI", "").lower() in ("", "0", "false")
        if environment.get("NO_COLOR"):
            color = False
        elif environment.get("FORCE_COLOR"):
            color = True
        try:
            "".join(_SYMBOLS.values()).encode(stream.encoding or "ascii")
        except (UnicodeEncodeError, LookupError):
            return cls(color, unicode=False, verbosity=verbosity, live=live)
        return cls(color, verbosity=verbosity, live=live)

    def paint(self, text: str, color: str) -> str:
        return f"\x1b[{_COLORS[color]}m{text}\x1b[0m" if self.color else text

    def symbol(self, name: str) -> str:
        return _SYMBOLS[name] if self.unicode else _ASCII[name]


class Console:
    """Prints a run to a stream, as it goes on; satisfies `harness.api.Progress`."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._stream, self._style = stream, style
        self._told_server = False
        self._told_checks: set[str] = set()
        self._held: list[CheckResult] = []
        self._transient = Transient(self._write, stream) if style.live and stream.isatty() else None

    def server_ready(self, server: ServerSummary) -> None:
        """The first line: which server, which version, why."""
        if self._style.verbosity >= 0 and not self._told_server:
            self._line(self._style.paint(server_line(server), "bold"))
            self._told_server = True
            for result in self._held:
                self._check(result)
            self._held.clear()

    def check_started(self, name: str) -> None:
        """On a terminal, say what is going on; the check's own line will take the place."""
        if self._style.verbosity >= 0 and self._transient is not None:
            self._transient.start(name)

    def step(self, name: str, done: int, total: int, text: str) -> None:
        """On a terminal, say how far a check is and, once that can be told, how long it will take yet."""
        if self._style.verbosity >= 0 and self._transient is not None:
            self._transient.step(name, done, total, text)

    def check_finished(self, result: CheckResult, findings: Sequence[Finding]) -> None:
        """One line a check; held back until the server is known, for that is the first line."""
        if self._style.verbosity < 0:
            return
        if self._transient is not None:
            self._transient.end()
        if self._told_server:
            self._check(result)
        else:
            self._held.append(result)

    def clear(self) -> None:
        """Take back the line that tells what is going on, if it stands."""
        if self._transient is not None:
            self._transient.clear()

    def finish(self, report: Report, seconds: float | None = None) -> None:
        """Everything that was not printed yet, the findings, and the summary; `seconds` is the wall time of the run."""
        style = self._style
        self._held.clear()
        if style.verbosity >= 0:
            if not self._told_server:
                self._line(style.paint(server_line(report.server), "bold"))
            for result in report.checks:
                if result.name not in self._told_checks:
                    self._check(result)
        else:
            for result in unfinished(report):
                self._check(result)
        if style.verbosity > 0 and report.project is not None:
            heads = ", ".join(report.project.heads) or "none"
            self._line(f"  {report.project.config}: {plural(report.project.revisions, 'revision')}, heads: {heads}")
        for note in report.notes:
            self._line(printable(f"  note: {note}"))
        if style.verbosity >= 0:
            self._line("")
        if style.verbosity > 0 and report.known:
            self._line(f"Known, and left out:\n\n{findings_text(report.known, style)}\n")
        if report.findings:
            self._line(findings_text(report.findings, style) + "\n")
        took = f" ({seconds:.1f} s)" if seconds is not None else ""
        color = {"passed": "passed", "failed": "failed", "error": "error"}[report.outcome]
        self._line(style.paint(printable(summary(report)) + took, color))

    def _check(self, result: CheckResult) -> None:
        style, symbol = self._style, self._style.symbol(result.outcome)
        self._told_checks.add(result.name)
        mark = style.paint(symbol if style.unicode else f"{symbol:<4}", result.outcome)
        first, _, rest = printable(result.reason or "").partition("\n")
        self._line(f"  {mark} {result.name:<12} {result.seconds:6.2f} s  {first}".rstrip())
        if rest:
            self._line(textwrap.indent(rest.rstrip("\n"), " " * 8))

    def _line(self, text: str) -> None:
        self.clear()
        self._write(text + "\n")

    def _write(self, text: str) -> None:
        encoding = self._stream.encoding or "utf-8"
        if not self._style.unicode:
            text = text.translate({0x2013: "-", 0x2026: "...", 0x2019: "'", 0xD7: "x"})
        self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        self._stream.flush()


def findings_text(findings: Iterable[Finding], style: Style | None = None) -> str:
    """Findings as the console prints them, without the last line feed.

    Why a rule matters is said once a rule, and long details are cut, unless the style is verbose.
    """
    style = style or Style()
    blocks, explained = [], set()
    for finding in findings:
        explain = finding.rule not in explained or style.verbosity > 0
        explained.add(finding.rule)
        blocks.append(_finding(finding, style, explain))
    return "\n\n".join(blocks)


def _finding(finding: Finding, style: Style, explain: bool) -> str:
    head, _, rest = printable(finding.message).partition("\n")
    lines = [
        f"{style.paint(f'{finding.severity.value}[{finding.rule}]', finding.severity)} {style.paint(head, 'bold')}"
    ]
    if rest:
        lines.append(textwrap.indent(rest, "  "))
    if finding.location is not None:
        lines.append(f"  {style.symbol('arrow')} {printable(str(finding.location))}")
    # What the message says already is not said again.
    said = "" if style.verbosity > 0 else finding.message
    told = {"object": str(finding.object) in said, "revision": str(finding.revision) in said}
    lines += [_labelled(label, value, style) for label, value in facts(finding) if not told.get(label)]
    if finding.why and explain:
        lines.append(_labelled("why", textwrap.fill(finding.why, style.width - 12), style))
    if finding.fix:
        lines.append(_labelled("fix", finding.fix, style))
    if style.verbosity > 0:
        lines.append(_labelled("id", finding.fingerprint, style))
    if finding.detail:
        lines += _detail(finding.detail, style)
    return "\n".join(lines)


def _labelled(label: str, value: str, style: Style) -> str:
    text = textwrap.indent(printable(value).strip("\n"), " " * 12)
    return "  " + style.paint(f"{label + ':':<10}", "label") + text[12:]


def _detail(detail: str, style: Style) -> list[str]:
    lines = printable(detail).strip("\n").splitlines()
    hidden = len(lines) - DETAIL_LINES
    if hidden > 1 and style.verbosity <= 0:
        # The end of a traceback or of a server's log says what happened; so does the head of an SQL statement.
        half = DETAIL_LINES // 2
        cut = f"... {hidden} lines more: -v shows them ..."
        lines = [*lines[:half], cut, *lines[-half:]]
    return [style.paint(f"  {style.symbol('bar')} ", "label") + line for line in lines]


def render(report: Report) -> str:
    """The report as text without colours, as it is written to a file."""
    stream = io.StringIO()
    Console(stream, Style()).finish(report)
    return stream.getvalue()
