"""Baselines: what is known does not fail, what is new does, what is gone is said, and nothing is lost on the way."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_projects import DRIFTED, MODELS

import harness as harness_api
from harness.baseline import Baseline, open_baseline
from harness.findings import CheckResult, DatabaseObject, Finding, Location, Report, Severity, UsageError
from harness.report import render
from harness.report.console import Console, Style
from harness.server import Server

pytest_plugins = ["pytester"]

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Make = Callable[..., Path]

WIDER = Finding(
    rule="drift.column.type",
    severity=Severity.ERROR,
    message="The type of column public.account.email is not what the models say.",
    object=DatabaseObject("column", "email", "public", "account"),
    attribute="type",
    expected="character varying(200)",
    actual="character varying(100)",
    location=Location("models.py", 12),
)
LOST = Finding("round-trip.lost", Severity.ERROR, "A table is lost.", revision="3f2a")
PASSED, FAILED = CheckResult("drift", "passed"), CheckResult("drift", "failed")


def record(path: Path, *findings: Finding, results: tuple[CheckResult, ...] = (FAILED,)) -> str:
    baseline = open_baseline(path.parent, None, path.name)
    assert baseline.apply(findings) == []
    (said,) = baseline.close(results)
    return said


def entries(path: Path) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(path.read_text())["findings"]
    return found


def reading(path: Path) -> Baseline:
    return open_baseline(path.parent, path.name)


def test_a_fingerprint_is_the_same_in_every_release_of_this_scheme() -> None:
    # Computed once, by scheme 1. If it has to change, the scheme gets another number, and files of this one an answer.
    assert [WIDER.fingerprint, LOST.fingerprint] == ["44977f0809d33f80", "a8950dd3fbd2d1dc"]


def test_the_file_is_for_people_too_and_the_same_whatever_the_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    assert record(one, LOST, WIDER).startswith("2 findings written to ")
    record(two, WIDER, LOST)
    assert one.read_text() == two.read_text()
    document = json.loads(one.read_text())
    assert (document["format"], document["fingerprint_scheme"]) == (1, "1")
    assert document["findings"][0] == {
        "fingerprint": WIDER.fingerprint,
        "rule": "drift.column.type",
        "object": "column public.account.email",
        "message": WIDER.message,
    }
    assert document["findings"][1]["revision"] == "3f2a"
    assert one.read_text().endswith("}\n")


def test_what_moved_or_says_other_words_is_known_and_what_is_elsewhere_is_new(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    record(path, WIDER)
    baseline = reading(path)
    moved = replace(WIDER, location=Location("other.py", 99), message="In other words.", actual="text")
    elsewhere = replace(WIDER, object=DatabaseObject("column", "email", "public", "customer"))
    other_rule = replace(WIDER, rule="drift.column.nullable")
    assert baseline.apply([elsewhere, moved, other_rule]) == [elsewhere, other_rule]
    assert baseline.known == [moved]
    assert baseline.close([FAILED]) == [f"1 finding that {path} knows is left out."]


def test_of_findings_with_one_fingerprint_as_many_are_known_as_the_file_has(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    second, third = replace(WIDER, message="The second."), replace(WIDER, message="The third.")
    record(path, WIDER, second)
    assert len(entries(path)) == 2
    # What says the same as the file is taken for the known one, in whatever order they come.
    assert reading(path).apply([third, second, WIDER]) == [third]
    assert len(reading(path).apply([third, third, third])) == 1
    baseline = reading(path)
    assert baseline.apply([second]) == []
    (left_out, gone) = baseline.close([PASSED])
    assert "1 finding that" in left_out
    assert gone == (
        f"1 entry of {path} can be taken out, for what was known is no longer found: "
        "drift.column.type column public.account.email."
    )


@pytest.mark.parametrize("outcome", ["skipped", "error", None])
def test_nothing_is_gone_that_was_not_looked_for(tmp_path: Path, outcome: Any) -> None:
    path = tmp_path / "known.json"
    record(path, WIDER)
    results = [CheckResult("graph", "passed"), *([CheckResult("drift", outcome)] if outcome else [])]
    assert reading(path).close(results) == []
    assert len(reading(path).close([PASSED])) == len(reading(path).close([FAILED])) == 1
    assert reading(path).close([PASSED], out_of_reach=lambda entry: entry.check == "drift") == []


def test_recording_keeps_what_the_run_could_not_have_met(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    record(path, WIDER, LOST)
    said = record(path, WIDER, replace(WIDER, rule="drift.column.default"))
    assert said.endswith("beside 1 that this run did not judge.")
    assert [entry["rule"] for entry in entries(path)] == [
        "drift.column.default",
        "drift.column.type",
        "round-trip.lost",
    ]
    record(path, results=(PASSED, CheckResult("round-trip", "skipped")))
    assert [entry["rule"] for entry in entries(path)] == ["round-trip.lost"]


def test_recording_a_part_of_the_history_adds_to_what_is_known_and_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    results = (CheckResult("round-trip", "failed"),)
    elsewhere, newer = replace(LOST, revision="77aa"), replace(LOST, revision="99bb")
    record(path, LOST, elsewhere, results=results)
    baseline = open_baseline(tmp_path, None, "known.json")
    baseline.apply([LOST, newer])
    baseline.close(results, out_of_reach=lambda entry: bool(entry.revision))
    assert [entry["revision"] for entry in entries(path)] == ["3f2a", "77aa", "99bb"]


def test_recording_writes_nothing_where_a_check_reached_no_verdict(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    record(path, WIDER)
    before = path.read_text()
    said = record(path, LOST, results=(CheckResult("round-trip", "failed"), CheckResult("drift", "error")))
    assert said == f"{path} is not written, since drift reached no verdict."
    assert path.read_text() == before


def test_one_run_may_judge_many_databases(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    there, elsewhere = replace(WIDER, database="tenant_7"), replace(WIDER, database="tenant_8")
    record(path, there)
    baseline = reading(path)
    assert baseline.apply([elsewhere, WIDER]) == [elsewhere, WIDER]
    assert baseline.apply([there]) == []
    assert baseline.apply([there]) == [there]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "There is no baseline known.json. Write it with --write-baseline known.json."),
        ("<<<<<<< HEAD", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"format": 1, "fingerprint_scheme": "1", "findings": [{"rule": "x"}]}', "is no baseline"),
        ('{"format": 2, "fingerprint_scheme": "1", "findings": []}', "reads up to 1. Upgrade harness."),
        ('{"format": 1, "fingerprint_scheme": "7", "findings": []}', "scheme '7', and this version of harness makes"),
    ],
)
def test_what_is_no_baseline_is_refused_in_one_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    if text is not None:
        (tmp_path / "known.json").write_text(text)
        with pytest.raises(UsageError, match=r"baseline|format|scheme"):
            open_baseline(tmp_path, None, "known.json")
        assert (tmp_path / "known.json").read_text() == text
    with pytest.raises(UsageError) as caught:
        open_baseline(tmp_path, "known.json")
    assert says in str(caught.value)
    with pytest.raises(UsageError, match="cannot be written"):
        open_baseline(tmp_path, None, "missing/known.json")
    with pytest.raises(UsageError, match="cannot be written"):
        open_baseline(tmp_path, None, ".")


def test_reports_count_the_known_and_show_them_when_asked() -> None:
    report = Report((PASSED,), known=(WIDER,), notes=("1 finding that known.json knows is left out.",))
    assert json.loads(render(report, "json"))["known"][0]["fingerprint"] == WIDER.fingerprint
    assert Report.from_dict(report.to_dict()) == report
    assert report.exit_code(Severity.INFO) == 0
    assert WIDER.message not in render(report, "console")
    assert "note: 1 finding that known.json knows" in render(report, "console")
    stream = io.StringIO()
    Console(stream, Style(verbosity=1)).finish(report)
    assert WIDER.message in stream.getvalue()


def test_check_fails_for_new_findings_only(harness: Run, project: Make) -> None:
    root = project(models=DRIFTED)
    arguments = ("check", "--select=drift,upgrade")
    done = harness(*arguments, "--write-baseline", "known.json", cwd=root)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 finding written to known.json as known." in done.stdout
    assert "✓ drift" in done.stdout
    done = harness(*arguments, "--baseline", "known.json", cwd=root)
    assert done.returncode == 0
    assert "1 finding that known.json knows is left out." in done.stdout
    assert "account.email" not in done.stdout
    assert "account.email" in harness(*arguments, "--baseline=known.json", "-v", cwd=root).stdout
    # The setting does the same; a further finding fails, and is the only one that is told.
    (root / "pyproject.toml").write_text('[tool.harness]\nbaseline = "known.json"\n')
    (root / "models.py").write_text("# A line more.\n" + DRIFTED.replace("Mapped[dict | None]", "Mapped[dict]"))
    done = harness(*arguments, "--format", "json", cwd=root)
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert [finding["rule"] for finding in report["findings"]] == ["drift.column.nullable"]
    assert [finding["rule"] for finding in report["known"]] == ["drift.column.type"]
    assert done.returncode == 1
    # Repaired: said, and not if drift is not looked at.
    (root / "models.py").write_text(MODELS)
    done = harness(*arguments, cwd=root)
    assert done.returncode == 0
    assert "1 entry of known.json can be taken out" in done.stdout
    assert "can be taken out" not in harness("check", "--select=upgrade", cwd=root).stdout


def test_a_check_that_stands_on_a_known_failure_is_no_green(harness: Run, project: Make) -> None:
    root = project(revisions=(("first", 'op.execute("select 1 / 0")', "pass"),))
    done = harness("check", "--select=upgrade", "--write-baseline=known.json", cwd=root)
    assert done.returncode == 0
    before = (root / "known.json").read_text()
    done = harness("check", "--select=upgrade,drift", "--baseline=known.json", cwd=root)
    assert done.returncode == 3
    done = harness("check", "--select=upgrade,drift", "--write-baseline=known.json", cwd=root)
    assert done.returncode == 3
    assert "known.json is not written, since drift reached no verdict." in done.stdout
    assert (root / "known.json").read_text() == before


def test_a_wrong_file_is_a_wrong_call(harness: Run, project: Make) -> None:
    root = project()
    (root / "known.json").write_text("{}")
    done = harness("check", "--baseline=known.json", cwd=root, server=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("harness: known.json is no baseline.\n")
    done = harness("check", "--baseline=a", "--write-baseline=b", cwd=root, server=False)
    assert done.returncode == 2


def test_diff_fails_for_new_differences_only(harness: Run, own_server: Server, tmp_path: Path) -> None:
    with own_server.create_database("left") as left, own_server.create_database("right") as right:
        with right.connect() as connection:
            connection.execute("create table legacy (id integer)")
        urls = (left.url, right.url)
        assert harness("diff", *urls, "--write-baseline=known.json", cwd=tmp_path).returncode == 0
        done = harness("diff", *urls, "--baseline=known.json", "--sql=repair.sql", cwd=tmp_path)
        assert done.returncode == 0, done.stdout
        assert "drop table public.legacy" in (tmp_path / "repair.sql").read_text()
        with right.connect() as connection:
            connection.execute("create table newer (id integer)")
        done = harness("diff", *urls, "--baseline=known.json", "-q", cwd=tmp_path)
        assert done.returncode == 1
        assert "public.newer" in done.stdout
        assert "public.legacy" not in done.stdout
        report = harness_api.diff(*urls, baseline=str(tmp_path / "known.json"))
        assert [str(finding.object) for finding in (*report.known, *report.findings)] == [
            "public.legacy",
            "public.newer",
        ]


def test_the_tests_of_the_plugin_know_what_the_setting_names(user: pytest.Pytester) -> None:
    (user.path / "models.py").write_text(DRIFTED)
    (user.path / "tests").mkdir()
    (user.path / "tests" / "test_migrations.py").write_text("from harness.testing import *  # noqa: F403\n")
    harness_api.check(directory=user.path, select=["drift"], write_baseline="known.json")
    command = ("-q", "-p", "no:cacheprovider", "-k", "test_migrations_drift")
    assert user.runpytest_subprocess(*command).parseoutcomes()["failed"] == 1
    (user.path / "pyproject.toml").write_text('[tool.harness]\nbaseline = "known.json"\n')
    outcomes = user.runpytest_subprocess(*command).parseoutcomes()
    assert (outcomes["passed"], outcomes.get("failed")) == (1, None)
