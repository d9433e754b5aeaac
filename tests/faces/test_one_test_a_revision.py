"""One test a revision for `round-trip`, in pytest runs of their own on tiny projects."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable

import pytest
from tiny_projects import REVISIONS

from harness.checks import check_names
from harness.environment import RevisionInfo
from harness.findings import Finding, Severity
from harness.testbed.revisions import Part, label

pytest_plugins = ["pytester"]

STAR = "from harness.testing import *\n"
NAME = "test_migrations_round_trip"
Left = Callable[[], list[str]]


def runs(user: pytest.Pytester) -> int:
    """How often env.py was run."""
    log = user.path / "env-runs.txt"
    return len(log.read_text().splitlines()) if log.exists() else 0


def run(user: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # pytest-alembic imports SQLAlchemy in every process: its tests are elsewhere.
    return user.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:pytest_alembic", *arguments)


def outcomes(done: pytest.RunResult) -> dict[str, str]:
    """What became of each test of the check, by what stands in its brackets."""
    lines = (line.partition(f"::{NAME}")[2].split() for line in done.outlines if f"::{NAME}" in line)
    return {parts[0].strip("[]"): parts[1] for parts in lines if len(parts) > 1 and parts[1].isupper()}


def revise(user: pytest.Pytester, revision: str, old: str, new: str) -> None:
    path = user.path / "alembic" / "versions" / f"{revision}.py"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


@pytest.fixture
def migrations(user: pytest.Pytester) -> pytest.Pytester:
    user.makepyfile(test_migrations=STAR, test_other="def test_other(): pass\n")
    return user


@pytest.fixture
def left_behind(migrations: pytest.Pytester) -> pytest.Pytester:
    """The first revision leaves a type behind, the second one says that it has no way back."""
    revise(
        migrations, "first", "\ndef upgrade():\n", '\ndef upgrade():\n    op.execute("create type mood as enum ()")\n'
    )
    revise(migrations, "second", REVISIONS[1][2], 'raise NotImplementedError("rows are lost")')
    return migrations


def test_the_failing_revision_is_named_and_shown_as_the_command_shows_it(left_behind: pytest.Pytester) -> None:
    done = run(left_behind, "-v", "-rP", "-k", NAME)
    assert outcomes(done) == {"history": "PASSED", "first-first": "FAILED", "second-second": "PASSED"}
    command = [sys.executable, "-m", "harness", "check", "--select", "round-trip"]
    shown = subprocess.run(command, cwd=left_behind.path, capture_output=True, text=True, check=False).stdout
    findings = [part for part in shown.split("\n\n") if "[round-trip." in part]
    assert [part.strip().split("]")[0] for part in findings] == [
        "error[round-trip.left-behind",
        "error[round-trip.not-repeatable",
        "warning[round-trip.irreversible",
    ]
    for finding in findings:
        assert finding.strip() in done.stdout.str()
    assert "harness/testing.py" not in done.stdout.str()
    assert "hidden" not in done.stdout.str()


def test_what_the_walk_did_not_reach_is_not_green(left_behind: pytest.Pytester) -> None:
    revise(left_behind, "second", REVISIONS[1][1], 'op.execute("select 1/0")')
    done = run(left_behind, "-v", "-k", NAME)
    assert outcomes(done) == {"history": "PASSED", "first-first": "FAILED", "second-second": "FAILED"}
    third = (left_behind.path / "alembic" / "versions" / "second.py").read_text()
    third = third.replace('"second"', '"third"').replace("'first'", "'second'").replace("1/0", "1")
    (left_behind.path / "alembic" / "versions" / "third.py").write_text(third)
    done = run(left_behind, "-k", "third")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["Not tried: the walk ended at revision second, see its test."])


@pytest.mark.parametrize("workers", [(), ("-n", "1")], ids=["alone", "worker"])
def test_what_was_judged_before_a_revision_hung_keeps_its_verdict(
    left_behind: pytest.Pytester, leftovers: Left, workers: tuple[str, ...]
) -> None:
    versions = left_behind.path / "alembic" / "versions"
    second = (versions / "second.py").read_text()
    for name, below, down in (("stuck", "second", "op.execute('select pg_sleep(60)')"), ("last", "stuck", "pass")):
        text = second.replace('"second"', f'"{name}"').replace("'first'", repr(below))
        text = text.replace(REVISIONS[1][1], "pass").replace('raise NotImplementedError("rows are lost")', down)
        (versions / f"{name}.py").write_text(text)
    left_behind.makepyprojecttoml('[tool.harness]\ntimeout = "3s"\n')
    done = run(left_behind, "-v", "-rP", "-k", NAME, *workers)
    done.assert_outcomes(passed=1, failed=4)
    assert re.search(r"PASSED.*\[second-second\]|\[second-second\] PASSED", done.stdout.str())
    shown = done.stdout.str().partition("short test summary info")[0]
    assert shown.count("error[round-trip.left-behind]") == 1, "in the test of its revision"
    assert shown.count("No verdict: The downgrade of revision stuck made no progress for 3 seconds") == 3
    of_first = shown.partition(f"{NAME}[first-first] ___")[2].partition("\n____")[0]
    assert "error[round-trip.left-behind]" in of_first
    assert "No verdict" not in of_first
    assert leftovers() == []


def test_workers_collect_the_same_and_share_the_run(left_behind: pytest.Pytester, leftovers: Left) -> None:
    alone = outcomes(run(left_behind, "-v", "-k", NAME))
    once = runs(left_behind)
    done = run(left_behind, "-n", "2", "-v", "-k", NAME)
    done.assert_outcomes(passed=2, failed=1)
    for name in alone:
        done.stdout.fnmatch_lines([f"*{alone[name]}*test_migrations.py::{NAME}[[]{name}[]]*"])
    assert runs(left_behind) == 2 * once
    assert leftovers() == []


def test_one_revision_can_be_asked_for(migrations: pytest.Pytester) -> None:
    done = run(migrations, "-v", f"test_migrations.py::{NAME}[second-second]")
    done.assert_outcomes(passed=1)
    assert outcomes(run(migrations, "-v", "-k", "SECOND or nothing")) == {"second-second": "PASSED"}


@pytest.mark.parametrize(
    "arguments",
    [
        ("-k", "other"),
        ("-k", "not migrations"),
        ("-k", "test_other or (round_trip and not test_migrations)"),
        ("-m", "slow"),
        ("--collect-only", "-k", "graph"),
        ("test_other.py",),
    ],
    ids=" ".join,
)
def test_env_py_is_not_run_where_the_command_line_deselects_them(
    migrations: pytest.Pytester, arguments: tuple[str, ...]
) -> None:
    done = run(migrations, *arguments)
    assert done.ret in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    assert runs(migrations) == 0


@pytest.mark.parametrize(
    ("keyword", "collected"),
    [
        ("round_trip", {"history", "first-first", "second-second"}),
        ("not second and round_trip", {"history", "first-first"}),
        ("first-f", {"first-first"}),
        ("nowhere or adds", {"second-adds_the_user_s_settings"}),
    ],
)
def test_words_of_the_command_line_reach_the_revisions(
    migrations: pytest.Pytester, keyword: str, collected: set[str]
) -> None:
    if "adds" in keyword:
        revise(migrations, "second", '"""second"""', '"""Adds the user\'s settings\n\nRevision ID: second\n"""')
    done = run(migrations, "--collect-only", "-q", "-k", keyword)
    names = {line.partition("[")[2].rstrip("]") for line in done.outlines if f"{NAME}[" in line}
    assert names == collected


def test_settings_that_leave_the_check_out_spare_the_run(migrations: pytest.Pytester) -> None:
    migrations.makepyprojecttoml('[tool.harness]\nskip = ["round-trip"]\n')
    done = run(migrations, "-k", NAME, "-rs")
    done.assert_outcomes(skipped=1)
    done.stdout.fnmatch_lines(["*round-trip is left out: see select and skip in the settings*"])
    assert runs(migrations) == 0


def test_only_what_is_walked_has_a_test(migrations: pytest.Pytester) -> None:
    migrations.makepyprojecttoml('[tool.harness]\nfrom-revision = "first"\n')
    assert outcomes(run(migrations, "-v", "-k", NAME)) == {"history": "PASSED", "second-second": "PASSED"}


def test_an_env_py_that_raises_is_told_at_length_once(migrations: pytest.Pytester) -> None:
    (migrations.path / "alembic" / "env.py").write_text('raise RuntimeError("the vault is sealed")\n')
    done = run(migrations, "-k", NAME)
    # The revisions can be told, but none of them was tried: no test of theirs may be green.
    done.assert_outcomes(failed=3)
    # Each test says it; the summary at the end, which a CI run has in full, is pytest's own affair.
    failures = done.stdout.str().partition("short test summary info")[0]
    assert failures.count("No verdict: env.py raised RuntimeError at alembic/env.py:1") == 3
    assert failures.count("Traceback") == 1


def test_a_project_that_cannot_be_loaded_is_one_red_test(migrations: pytest.Pytester) -> None:
    ini = migrations.path / "alembic.ini"
    ini.write_text(ini.read_text() + "version_locations = %(nowhere)s\n")
    done = run(migrations, "-k", NAME)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["Alembic cannot use alembic.ini: *nowhere*"])
    assert "Traceback" not in done.stdout.str()


def test_no_project_and_wrong_settings_are_one_red_test(migrations: pytest.Pytester) -> None:
    (migrations.path / "alembic.ini").unlink()
    done = run(migrations, "-k", NAME)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["There is no alembic.ini*"])
    migrations.makepyprojecttoml('[tool.harness]\nimgae = "x"\n')
    done = run(migrations, "-k", NAME)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["*has no option 'imgae'*"])


def test_a_history_that_does_not_load_is_the_graphs_red(migrations: pytest.Pytester) -> None:
    (migrations.path / "alembic" / "versions" / "third.py").write_text("import nowhere_to_be_found\n")
    done = run(migrations, "-k", f"{NAME} or graph", "-rs")
    done.assert_outcomes(failed=1, skipped=1)
    done.stdout.fnmatch_lines(["*(see graph)*"])
    run(migrations, "-k", NAME).assert_outcomes(failed=1)


def test_a_project_of_the_tests_own_is_one_test_with_all_findings(left_behind: pytest.Pytester) -> None:
    (left_behind.path / "alembic.ini").rename(left_behind.path / "other.ini")
    left_behind.makeconftest(
        """
        import pytest
        from pathlib import Path
        from harness.environment import find_project
        from harness.settings import Settings
        @pytest.fixture(scope="session")
        def migration_project():
            return find_project(Settings(config="other.ini"), Path.cwd())
        """
    )
    left_behind.makepyprojecttoml('[tool.harness]\nignore = ["drift.*:nowhere"]\n')
    done = run(left_behind, "-k", f"{NAME} or drift", "-n", "1")
    done.assert_outcomes(failed=2)
    done.stdout.fnmatch_lines(["error[[]round-trip.left-behind[]]*", "warning[[]round-trip.irreversible[]]*"])
    done.stdout.fnmatch_lines(["harness: *drift.[*]:nowhere*"])


def test_the_notes_of_a_report_are_shown(migrations: pytest.Pytester) -> None:
    migrations.makepyprojecttoml('[tool.harness]\nignore = ["drift.*:nowhere"]\n')
    for workers in ((), ("-n", "1")):
        done = run(migrations, "-k", "drift", *workers)
        done.assert_outcomes(passed=1)
        assert next(line for line in done.outlines if "drift.*:nowhere" in line).startswith("harness: ")
        assert done.stdout.str().count("drift.*:nowhere") == 1


def finding(revision: str | None) -> Finding:
    return Finding("round-trip.failed", Severity.ERROR, "", revision=revision)


def test_a_finding_that_no_other_test_has_is_the_historys() -> None:
    findings = [finding(revision) for revision in ("a", "b", "elsewhere", None)]
    others = ("a", "b")
    assert Part(Severity.ERROR, "a", others).of(findings) == [finding("a")]
    assert Part(Severity.ERROR, None, others).of(findings) == [finding("elsewhere"), finding(None)]
    assert Part(Severity.ERROR).of(findings) == findings


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Add user's table", "ab12-add_user_s_table"),
        ("", "ab12"),
        ("Ünïcode – 100 %", "ab12-n_code_100"),
        ("word " * 40, "ab12-" + "word_" * 10 + "word"),
    ],
)
def test_labels_are_short_and_plain(message: str, expected: str) -> None:
    assert label(RevisionInfo(id="ab12", path="", line=1, message=message)) == expected


def test_every_check_has_its_test(migrations: pytest.Pytester) -> None:
    done = run(migrations, "--collect-only", "-q", "test_migrations.py")
    names = {line.partition("::")[2].partition("[")[0] for line in done.outlines if "::" in line}
    assert names == {f"test_migrations_{check.replace('-', '_')}" for check in check_names()}
