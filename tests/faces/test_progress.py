"""What a person at a terminal sees of a long check, and that nobody else sees any of it."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from terminal import TAKEN_BACK, on_a_terminal, surroundings

from harness.report.transient import SECONDS_BETWEEN, Pace, Transient, duration, shortened

# A check of 60 steps, 20 ms each, with its first and last lines; told by the real Console on the real standard output.
WALK = """
import sys, time
from harness.findings import CheckResult, Report, ServerSummary
from harness.report.console import Console, Style

console = Console(sys.stdout, Style.for_stream(sys.stdout))
console.server_ready(ServerSummary("embedded", "18.6"))
console.check_started("round-trip")
for done in range(1, 61):
    time.sleep(0.02)
    console.step("round-trip", done, 60, f"revision 3f2a{done:04}")
result = CheckResult("round-trip", "passed", seconds=1.2)
console.check_finished(result, ())
console.step("round-trip", 60, 60, "too late")
console.finish(Report((result,), server=ServerSummary("embedded", "18.6")), 1.5)
"""


def test_a_terminal_shows_how_far_a_check_is_and_takes_it_back() -> None:
    started = time.monotonic()
    shown = on_a_terminal([sys.executable, "-c", WALK])
    seconds = time.monotonic() - started
    drawn = re.findall(r"(\d+) of 60, revision 3f2a(\d{4})", shown)
    assert len(drawn) > 5
    assert all(int(done) == int(revision) for done, revision in drawn)
    assert len(drawn) <= seconds / SECONDS_BETWEEN + 2, "it was drawn more than ten times a second"
    assert drawn[-1][0] == "60", "the last step was not shown"
    assert "too late" not in shown
    # What stays once a terminal has acted on it: the last text of each line.
    lines = [line.rpartition(TAKEN_BACK)[2] for line in shown.replace("\r\n", "\n").rstrip("\n").split("\n")]
    stays = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert stays == ["PostgreSQL 18.6 (embedded)", "  ✓ round-trip     1.20 s", "", "1 check passed. (1.5 s)"]


def test_the_line_fits_a_narrow_terminal() -> None:
    shown = on_a_terminal([sys.executable, "-c", WALK], columns=30)
    drawn = re.findall(r"  round-trip \.\.\. \d[^\r\x1b]*", shown)
    assert drawn
    assert max(len(line) for line in drawn) == 29


@pytest.mark.parametrize("variables", [{"CI": "true"}, {"CI": "1"}, {"TERM": "dumb"}], ids=["true", "1", "dumb"])
def test_a_terminal_whose_lines_are_kept_shows_nothing_of_it(variables: dict[str, str]) -> None:
    shown = on_a_terminal([sys.executable, "-c", WALK], **variables)
    assert "of 60" not in shown
    assert TAKEN_BACK not in shown
    assert "round-trip     1.20 s" in shown


@pytest.mark.parametrize("ci", ["", "false", "0"])
def test_a_terminal_that_is_said_to_be_no_ci_shows_it(ci: str) -> None:
    assert "60 of 60" in on_a_terminal([sys.executable, "-c", WALK], CI=ci)


def test_a_pipe_gets_nothing_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WALK], capture_output=True, text=True, env=surroundings(), check=True, timeout=60
    )
    assert done.stdout.splitlines() == [
        "PostgreSQL 18.6 (embedded)",
        "  ✓ round-trip     1.20 s",
        "",
        "1 check passed. (1.5 s)",
    ]
    assert done.stderr == ""


class Clock:
    """Time that goes as it is told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


class Screen(list[str]):
    """What was written, as one string."""

    def __str__(self) -> str:
        return "".join(self)


def test_only_the_running_check_is_shown() -> None:
    clock, screen = Clock(), Screen()
    line = Transient(screen.append, sys.__stdout__ or sys.stdout, clock)
    line.start("upgrade")
    clock.now += 1
    line.step("round-trip", 1, 9, "")
    assert str(screen) == "  upgrade ..."
    line.end()
    line.start("round-trip")
    clock.now += 1
    line.step("round-trip", 2, 9, "")
    assert str(screen).endswith(f"{TAKEN_BACK}  round-trip ... 2 of 9")


def test_what_a_database_or_a_file_says_cannot_steer_the_terminal() -> None:
    clock, screen = Clock(), Screen()
    line = Transient(screen.append, sys.__stdout__ or sys.stdout, clock)
    line.start("round-trip")
    clock.now += 1
    line.step("round-trip", 1, 9, "revision \x1b[2J\r\nabc")
    assert str(screen).endswith("1 of 9, revision \\x1b[2J abc")


@pytest.mark.parametrize(
    ("text", "columns", "cut"),
    [("abcdef", 6, "abcdef"), ("abcdef", 5, "abcde"), ("日本語", 5, "日本"), ("e\u0301e\u0301e", 2, "e\u0301e\u0301")],
)
def test_a_text_is_cut_by_what_it_takes_on_the_screen(text: str, columns: int, cut: str) -> None:
    assert shortened(text, columns) == cut


def pace(*seconds: float) -> Pace:
    """A pace after as many steps, each of which took so long."""
    made, now = Pace(), 0.0
    for done, took in enumerate((0.0, *seconds)):
        now += took
        made.add(now, done)
    return made


def test_the_time_left_is_told_once_the_pace_is_known() -> None:
    assert pace(*[0.1] * 19).left(1000) is None, "it was told after 1.9 seconds"
    assert pace(*[0.1] * 21).left(1000) == pytest.approx(97.9)
    assert pace(3, 3).left(10) is None, "two steps are no pace"
    assert pace(3, 3, 3).left(10) == pytest.approx(21)


def test_the_time_left_is_not_told_while_the_pace_changes() -> None:
    assert pace(*[0.1] * 30, *[1.0] * 30).left(1000) is None
    assert pace(*[1.0] * 30, *[0.1] * 30).left(1000) is None
    # Once it has settled, the new pace counts.
    settled = pace(*[1.0] * 30, *[2.0] * 200).left(330)
    assert settled == pytest.approx(200, rel=0.02)


def test_a_walk_of_many_steps_keeps_few_samples_and_counts_the_newest() -> None:
    long = pace(*[0.01] * 20_000)
    assert len(long._samples) <= 64
    assert long.left(20_100) == pytest.approx(1.0, rel=0.01)


def test_what_begins_anew_has_a_new_pace() -> None:
    twice = pace(*[0.1] * 100)
    twice.add(60.0, 0)
    assert twice.left(100) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 s"),
        (4.4, "4 s"),
        (13, "15 s"),
        (56, "55 s"),
        (58, "1 min"),
        (200, "3 min"),
        (3600, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_duration_is_no_more_exact_than_it_is_known(seconds: float, words: str) -> None:
    assert duration(seconds) == words
