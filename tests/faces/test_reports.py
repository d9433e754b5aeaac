"""Every format is read back with a parser of its own, on a report that holds everything that could break one."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.findings import (
    CheckResult,
    DatabaseObject,
    Finding,
    Location,
    ProjectSummary,
    Report,
    ServerSummary,
    Severity,
    UsageError,
)
from harness.report import FORMATS, render
from harness.report.console import Console, Style, findings_text
from harness.report.text import from_repository_root, summary

NASTY = "a<b> & \"c\" 'd' | `e` *f* @team % :: , \x1b[31mred\x1b[0m é ✓"

DRIFT = Finding(
    rule="drift.column.type",
    severity=Severity.ERROR,
    message="Column public.app_user.email is varchar(255) and the models say varchar(320).",
    object=DatabaseObject("column", "email", "public", "app_user"),
    attribute="type",
    expected="character varying(320)",
    actual="character varying(255)",
    revision="3f2a",
    location=Location("app/models/user.py", 31, 33),
    fix='op.alter_column("app_user", "email", type_=sa.String(320))',
    why="A value that the application accepts will be refused by the database.",
)
NASTY_FINDING = Finding(
    rule="upgrade.failed",
    severity=Severity.WARNING,
    message=f"{NASTY}\nsecond line",
    detail="```\n" + "\n".join(f"line {number}" for number in range(60)) + "\n\x00\x1b]0;title\x07",
)
SERVER = ServerSummary("embedded", "18.6", "no Docker daemon answers, so embedded")
PROJECT = ProjectSummary("alembic.ini", ("3f2a",), 12)
FAILED = Report(
    checks=(
        CheckResult("graph", "passed", seconds=0.01),
        CheckResult("drift", "failed", seconds=1.25),
        CheckResult("upgrade", "passed", seconds=0.5),
        CheckResult("imports", "skipped", "no package of models | was found"),
        CheckResult("offline", "error", f"env.py raised RuntimeError: {NASTY}\nTraceback:\n  boom", 2),
    ),
    findings=(DRIFT, DRIFT, NASTY_FINDING),
    project=PROJECT,
    server=SERVER,
    notes=("a note",),
)
PASSED = Report(
    checks=(CheckResult("graph", "passed", seconds=0.01), CheckResult("drift", "passed", seconds=1.25)),
    project=PROJECT,
    server=SERVER,
)


def with_outcomes(*outcomes: str, findings: tuple[Finding, ...] = ()) -> Report:
    checks = tuple(CheckResult(f"c{number}", outcome) for number, outcome in enumerate(outcomes))  # type: ignore[arg-type]
    return Report(checks=checks, findings=findings)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("report", [FAILED, PASSED, Report()], ids=["failed", "passed", "empty"])
def test_every_format_prints_no_control_character(name: str, report: Report) -> None:
    text = render(report, name)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f]", text)
    assert text == "" or text.endswith("\n")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="no format 'xlsx'"):
        render(PASSED, "xlsx")


def test_json_is_the_contract_and_comes_back() -> None:
    data = json.loads(render(FAILED, "json"))
    assert data["schema_version"] == 1
    assert data["outcome"] == "error"
    assert data["server"]["kind"] == "embedded"
    assert data["findings"][0]["fingerprint"] == DRIFT.fingerprint
    assert Report.from_dict(data).to_dict() == FAILED.to_dict()


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (Report(), "No check was run."),
        (PASSED, "All 2 checks passed."),
        (with_outcomes("passed"), "1 check passed."),
        (with_outcomes("passed", "passed", "skipped"), "2 checks passed, 1 skipped (c2)."),
        (with_outcomes("skipped"), "0 checks passed, 1 skipped (c0)."),
        (with_outcomes("passed", findings=(NASTY_FINDING,)), "1 check passed, with 1 warning."),
        (with_outcomes("passed", "failed", findings=(DRIFT, DRIFT)), "Failed: 1 of 2 checks (c1), with 2 errors."),
        (with_outcomes("error", "failed"), "No verdict: 1 of 2 checks could not be completed (c0); 1 failed (c1)."),
        (
            with_outcomes("error", findings=(DRIFT, NASTY_FINDING)),
            "No verdict: 1 of 1 check could not be completed (c0); 1 error, 1 warning found.",
        ),
        (replace(PASSED, unit="database"), "All 2 databases passed."),
        (replace(with_outcomes("passed"), unit="schema"), "1 schema passed."),
        (
            replace(with_outcomes("passed", "failed", findings=(DRIFT,)), unit="database"),
            "Failed: 1 of 2 databases (c1), with 1 error.",
        ),
        (
            replace(with_outcomes("error", "passed"), unit="database"),
            "No verdict: 1 of 2 databases could not be judged (c0).",
        ),
    ],
)
def test_the_summary_is_one_sentence(report: Report, expected: str) -> None:
    assert summary(report) == expected


@pytest.mark.parametrize(
    ("unit", "name", "called"),
    [
        ("check", "offline", "The check offline reached"),
        ("database", "app@db1", "The database app@db1 reached"),
        ("schema", "schema acme", "The schema acme reached"),
    ],
)
def test_rows_are_called_what_they_are(unit: str, name: str, called: str) -> None:
    report = Report((CheckResult(name, "error", "no way in"),), unit=unit)
    assert json.loads(render(report, "gitlab"))[0]["description"].startswith(called)
    assert f"| | {unit} | seconds | |" in render(report, "markdown")
    assert f"<th>{unit}</th>" in render(report, "html")
    assert "unit" not in report.to_dict()


def test_console_says_server_checks_findings_and_summary_in_this_order() -> None:
    lines = render(FAILED, "console").splitlines()
    assert lines[0] == "PostgreSQL 18.6 (embedded): no Docker daemon answers, so embedded"
    assert lines[1] == "  ✓ graph          0.01 s"
    assert lines[2] == "  ✗ drift          1.25 s"
    assert lines[4].startswith("  – imports")
    assert lines[4].endswith("no package of models | was found")
    assert lines[5].startswith("  ! offline")
    assert lines[6:8] == ["        Traceback:", "          boom"]
    assert lines[-1] == (
        "No verdict: 1 of 5 checks could not be completed (offline); 1 failed (drift); 2 errors, 1 warning found."
    )
    text = "\n".join(lines)
    assert "error[drift.column.type] Column public.app_user.email" in text
    assert "  → app/models/user.py:31" in text
    assert "  expected: character varying(320)\n  actual:   character varying(255)\n" in text
    assert '  fix:      op.alter_column("app_user"' in text


def test_console_tells_why_once_a_rule_and_cuts_long_details_unless_verbose() -> None:
    text = findings_text(FAILED.findings)
    assert text.count("A value that the application accepts") == 1
    assert "-v shows them" in text
    assert "line 59" in text
    verbose = findings_text(FAILED.findings, Style(verbosity=1))
    assert verbose.count("A value that the application accepts") == 2
    assert "line 30" in verbose
    assert DRIFT.fingerprint in verbose


def test_both_sides_of_an_attribute_are_told_and_of_an_object_only_what_there_is() -> None:
    def lines(**parts: str | None) -> list[str]:
        text = findings_text([replace(DRIFT, **parts)])  # type: ignore[arg-type]  # texts and None only
        return [line.strip() for line in text.splitlines() if line.strip().startswith(("expected:", "actual:"))]

    assert lines(expected=None, actual="3") == ["expected: (not set)", "actual:   3"]
    assert lines(expected="open, shipped", actual="") == ["expected: open, shipped", "actual:   (empty)"]
    assert lines(attribute=None, expected="integer", actual=None) == ["expected: integer"]
    assert lines(expected=None, actual=None) == []


def test_quiet_shows_findings_checks_without_a_verdict_and_the_summary_only() -> None:
    stream = io.StringIO()
    Console(stream, Style(verbosity=-1)).finish(FAILED)
    text = stream.getvalue()
    assert "graph" not in text
    assert "PostgreSQL" not in text
    assert "! offline" in text
    assert "error[drift.column.type]" in text
    stream = io.StringIO()
    Console(stream, Style(verbosity=-1)).finish(PASSED)
    assert stream.getvalue() == "All 2 checks passed.\n"


def test_console_prints_as_the_run_goes_on_and_says_nothing_twice() -> None:
    stream = io.StringIO()
    console = Console(stream, Style())
    console.check_started("graph")
    console.check_finished(PASSED.checks[0], ())
    assert stream.getvalue() == "", "a check was shown before the server, which is the first line"
    console.server_ready(SERVER)
    assert len(stream.getvalue().splitlines()) == 2
    console.check_finished(PASSED.checks[1], ())
    assert len(stream.getvalue().splitlines()) == 3
    console.finish(PASSED, 1.5)
    assert stream.getvalue() == render(PASSED, "console").replace("passed.\n", "passed. (1.5 s)\n")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_the_running_check_is_shown_and_taken_back() -> None:
    stream = Terminal()
    console = Console(stream, Style())
    console.server_ready(SERVER)
    console.check_started("graph")
    assert stream.getvalue().endswith("  graph ...")
    console.check_finished(PASSED.checks[0], ())
    assert stream.getvalue().splitlines()[-1].endswith("\x1b[K  ✓ graph          0.01 s")


@pytest.mark.parametrize(
    ("stream", "environment", "color"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
        (io.StringIO(), {"FORCE_COLOR": "1"}, True),
        (io.StringIO(), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_is_for_terminals_and_those_who_ask(
    stream: io.StringIO, environment: dict[str, str], color: bool
) -> None:
    assert Style.for_stream(stream, environment=environment).color is color


def test_a_stream_that_cannot_encode_gets_plain_ascii() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    Console(stream, Style.for_stream(stream)).finish(FAILED)
    text = raw.getvalue().decode("ascii")
    assert "  FAIL drift" in text
    assert "  ok   graph" in text
    assert "  --> app/models/user.py:31" in text
    assert "\\xe9" in text


def test_colours_paint_only_ours() -> None:
    text = findings_text([DRIFT], Style(color=True))
    assert text.startswith("\x1b[1;31merror[drift.column.type]\x1b[0m")
    assert re.sub("\x1b\\[[0-9;]*m", "", text) == findings_text([DRIFT])


def test_junit_has_a_case_a_check() -> None:
    root = ElementTree.fromstring(render(FAILED, "junit"))
    suite = root.find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "5",
        "1",
        "1",
        "1",
    )
    cases = {case.get("name"): case for case in suite.findall("testcase")}
    failure, error = cases["drift"].find("failure"), cases["offline"].find("error")
    assert failure is not None
    assert failure.get("message") == "2 findings"
    assert failure.text == findings_text([DRIFT, DRIFT])
    assert error is not None
    assert error.text is not None
    assert error.text.endswith("boom")
    output = cases["upgrade"].find("system-out")
    assert output is not None
    assert output.text is not None
    assert "warning[upgrade.failed]" in output.text
    assert cases["graph"].find("*") is None


def test_gitlab_has_its_required_keys_and_fingerprints_that_differ() -> None:
    issues = json.loads(render(FAILED, "gitlab"))
    assert len(issues) == 4
    assert len({issue["fingerprint"] for issue in issues}) == 4
    assert issues[0]["fingerprint"] == DRIFT.fingerprint
    assert [issue["severity"] for issue in issues] == ["major", "major", "minor", "blocker"]
    for issue in issues:
        assert {"description", "check_name", "fingerprint", "severity", "location"} <= set(issue)
        assert issue["location"]["lines"]["begin"] >= 1
    assert issues[0]["location"]["path"] == "app/models/user.py"
    assert issues[2]["location"]["path"] == "alembic.ini"
    assert json.loads(render(PASSED, "gitlab")) == []


def test_sarif_has_what_code_scanning_asks_for() -> None:
    log = json.loads(render(FAILED, "sarif"))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["drift.column.type", "upgrade.failed"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert run["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 31, "endLine": 33}
    assert run["invocations"][0]["executionSuccessful"] is False
    (passed,) = json.loads(render(PASSED, "sarif"))["runs"]
    assert passed["results"] == []
    assert passed["invocations"][0]["executionSuccessful"] is True


def test_github_escapes_what_workflow_commands_would_take_for_their_own() -> None:
    lines = render(FAILED, "github").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("::error title=harness%3A offline reached no verdict::env.py raised")
    assert lines[1].startswith("::error file=app/models/user.py,line=31,endLine=33,title=drift.column.type::Column")
    assert "%0Aexpected: character varying(320)%0A" in lines[1]
    assert lines[3].startswith("::warning title=upgrade.failed::")
    assert " %25 ::" in lines[3]
    assert lines[3].endswith("%0Asecond line")
    assert render(PASSED, "github") == ""


def test_markdown_keeps_tables_and_code_whole() -> None:
    text = render(FAILED, "markdown")
    (row,) = [line for line in text.splitlines() if "imports" in line and line.startswith("|")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "````\n```\nline 0" in text, "the fence must be longer than the one in the detail"
    assert "a\\<b\\> & " in text
    assert "@<!-- -->team" in text
    assert "- expected: `character varying(320)`" in text


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_html_is_balanced_and_lets_no_markup_through() -> None:
    page = Tags()
    page.feed(render(FAILED, "html"))
    assert page.open == []
    assert not page.seen & {"b", "script", "link", "img"}
    assert "a<b> & \"c\" 'd'" in "".join(page.text)


def test_paths_are_given_from_the_root_of_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    service = tmp_path / "services" / "shop"
    service.mkdir(parents=True)
    monkeypatch.chdir(service)
    assert from_repository_root("app/m.py", "ROOT", {"ROOT": str(tmp_path)}) == "services/shop/app/m.py"
    assert from_repository_root("app/m.py", "ROOT", {"ROOT": "/elsewhere"}) == "app/m.py"
    assert from_repository_root("app/m.py", "ROOT", {}) == "app/m.py"
