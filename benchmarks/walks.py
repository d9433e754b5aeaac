"""What `harness check --select round-trip` costs, against `alembic upgrade head` and against the peers' tests.

    python benchmarks/walks.py [--sizes 100,400,1000] [--peers NAME,...|none] [--peer-sizes 100,400] [--write]

Each subject works on the same trees (`benchmarks/trees.py`) and the same embedded server, in turns. Costs are CPU
seconds of client and server together, medians of the rounds. A peer that takes more than a minute is run once; one
that takes more than --limit seconds is ended, and left out of larger trees. The bars: round-trip costs at most 3.5 ×
`alembic upgrade head` and 1/20 of alembic-gauntlet's stairway at 400 revisions, and a revision among 1,000 at most 1.3
× one among 100; above one of them the exit code is 1. Linux only, and nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import record
from cpu import Cost, Meter
from environments import PEERS, Environment, default_folder
from trees import Driver, Shape, Tree, write_tree

from harness.server import Server, open_server
from harness.settings import Settings

TIMES_ALEMBIC, TIMES_STAIRWAY, TIMES_SMALL = 3.5, 1 / 20, 1.3
MIDDLE, SMALL, LARGE = 400, 100, 1000
_ONCE_SECONDS = 60.0


@dataclass
class Subject:
    """One row: what is called on which sizes of tree, on how many empty databases, and what it has cost.

    In the call, `{server}` stands for the server's URL. The databases' URLs are in BENCHMARK_URLS, and the first of
    them, with the tree's driver, in DATABASE_URL.
    """

    title: str
    call: list[str]
    sizes: Sequence[int]
    databases: int = 1
    limit: float | None = None
    costs: dict[int, list[Cost]] = field(default_factory=dict)

    def seconds(self, size: int) -> float | None:
        """The median of the CPU seconds, at least these if it was ended; None if it was not run, or failed."""
        costs = self.costs.get(size, ())
        return statistics.median(cost.cpu for cost in costs) if costs and not self.failed(size) else None

    def failed(self, size: int) -> bool:
        """Whether a run on trees of this size failed."""
        return any(cost.code for cost in self.costs.get(size, ()))

    def ended(self, size: int) -> bool:
        """Whether a run on trees of this size was ended because it took too long."""
        return any(cost.code is None for cost in self.costs.get(size, ()))

    def wants(self, size: int, turn: int) -> bool:
        """Whether it is to be run on a tree of so many revisions, in a turn counted from 0."""
        if size not in self.sizes or any(self.failed(other) or self.ended(other) for other in self.costs):
            return False
        return turn == 0 or self.limit is None or self.costs[size][0].wall <= _ONCE_SECONDS

    def run(self, tree: Tree, server: Server, meter: Meter) -> Cost:
        """Run it once on databases that are made before the clocks are read, and dropped after.

        Raises:
            SystemExit: one of ours failed; a peer may.
        """
        with contextlib.ExitStack() as stack:
            urls = [stack.enter_context(server.create_database("walk")).url for _ in range(self.databases)]
            command = [part.replace("{server}", server.url) for part in self.call]
            own = urls[0].replace("postgresql://", f"postgresql+{tree.driver}://", 1)
            variables = {"BENCHMARK_URLS": " ".join(urls), "DATABASE_URL": own}
            cost = meter.run(command, tree.directory, variables, self.limit)
        if cost.code:
            told = f"{self.title} failed with exit code {cost.code}:\n{cost.output}"
            if self.limit is None:
                raise SystemExit(told)
        else:
            how = " when it was ended" if cost.code is None else ""
            told = f"{self.title}, {len(tree.revisions)} revisions: {cost.cpu:.1f} CPU s, {cost.wall:.1f} s{how}"
        print(told, file=sys.stderr, flush=True)
        return cost


def main() -> int:
    """Measure, print, and return the exit code."""
    options = _options()
    environments = {name: Environment(PEERS[name], options.folder) for name in options.peers}
    alembic = Subject("`alembic upgrade head`", [sys.executable, "-m", "alembic", "upgrade", "head"], options.sizes)
    call = [sys.executable, "-m", "harness", "check", "--select", options.select, "--server", "{server}"]
    harness = Subject(f"`harness check --select {options.select}`", call, options.sizes)
    peers = {
        name: Subject(one.peer.title, one.command(), options.peer_sizes, one.peer.databases, options.limit)
        for name, one in environments.items()
    }
    subjects = [alembic, harness, *peers.values()]
    with open_server(Settings(server="embedded")) as server, tempfile.TemporaryDirectory() as folder:
        meter = Meter(server)
        for size in options.sizes:
            tree = write_tree(Path(folder) / str(size), size, shape=options.shape, driver=options.driver)
            alembic.run(tree, server, meter)  # reads the files and writes the bytecode that all later runs find ready
            for turn in range(options.rounds):
                for subject in subjects:
                    if subject.wants(size, turn):
                        subject.costs.setdefault(size, []).append(subject.run(tree, server, meter))
        versions = [f"PostgreSQL {server.version}", *sorted({one.version() for one in environments.values()})]
    bars = _bars(alembic, harness, peers.get("gauntlet"))
    circumstances = record.circumstances("SQLAlchemy", "alembic", "psycopg", "asyncpg")
    text = "\n\n".join(
        [
            f"{circumstances}, {', '.join(versions)}; {options.shape} trees, {options.driver}; "
            f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f} at the end.",
            *(_of_size(subjects, size) for size in options.sizes),
            _by_revision(subjects, options.sizes),
            _bar_table(bars),
        ]
    )
    print(text)
    if options.write:
        record.write("walks", text)
    return 0 if all(bar.holds for bar in bars) else 1


def _options() -> argparse.Namespace:
    def numbers(value: str) -> list[int]:
        return sorted({int(part) for part in value.split(",")})

    def names(value: str) -> list[str]:
        chosen = [] if value == "none" else value.split(",")
        if unknown := set(chosen) - set(PEERS):
            raise argparse.ArgumentTypeError(f"no peer {', '.join(unknown)}; there are {', '.join(PEERS)}")
        return chosen

    parser = argparse.ArgumentParser(description="What a round trip through a history costs.")
    parser.add_argument("--sizes", type=numbers, default=[SMALL, MIDDLE, LARGE], help="revisions (default: all three)")
    parser.add_argument("--peers", type=names, default=list(PEERS), help=f"{','.join(PEERS)} (default: all) or none")
    parser.add_argument("--peer-sizes", type=numbers, default=[SMALL, MIDDLE], help="those that peers are run on")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which a peer is ended")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run (default: 3)")
    parser.add_argument("--shape", choices=get_args(Shape), default="linear")
    parser.add_argument("--driver", choices=get_args(Driver), default="psycopg")
    parser.add_argument("--select", default="round-trip", help="the check to measure (default: round-trip)")
    parser.add_argument("--folder", type=Path, default=default_folder(), help="where the peers are installed")
    parser.add_argument("--write", action="store_true", help="put the result into benchmarks/README.md")
    return parser.parse_args()


def _of_size(subjects: Sequence[Subject], size: int) -> str:
    """The table of one size; costs of what was ended are marked as being more than that."""
    base = subjects[0].seconds(size)
    assert base is not None
    rows = []
    for subject in subjects:
        if size not in subject.costs:
            continue
        if subject.failed(size):
            rows.append([subject.title, *["fails"] * 5])
            continue
        more = "> " if subject.ended(size) else ""
        costs = [(cost.wall, cost.client, cost.server, cost.cpu) for cost in subject.costs[size]]
        medians = [statistics.median(part) for part in zip(*costs, strict=True)]
        # Ticks that are counted late make a nothing negative; adding zero takes its sign away.
        rows.append([subject.title, *(f"{more}{round(part, 1) + 0.0}" for part in (*medians, medians[-1] / base))])
    return record.table([f"{size} revisions", "wall s", "client CPU s", "server CPU s", "CPU s", "× `alembic`"], rows)


def _by_revision(subjects: Sequence[Subject], sizes: Sequence[int]) -> str:
    rows = []
    for subject in subjects:
        cells = []
        for size in sizes:
            seconds = subject.seconds(size)
            more = "> " if subject.ended(size) else ""
            cells.append("" if seconds is None else f"{more}{1000 * seconds / size:.1f}")
        rows.append([subject.title, *cells])
    return record.table(["CPU ms per revision, of how many", *map(str, sizes)], rows)


@dataclass(frozen=True)
class Bar:
    """What was measured against what it may be; None where it was not measured, which holds no bar."""

    title: str
    measured: float | None
    at_most: float

    @property
    def holds(self) -> bool:
        return self.measured is None or self.measured <= self.at_most


def _bars(alembic: Subject, harness: Subject, stairway: Subject | None) -> list[Bar]:
    ours, base = harness.seconds(MIDDLE), alembic.seconds(MIDDLE)
    theirs = stairway.seconds(MIDDLE) if stairway is not None else None
    small, large = harness.seconds(SMALL), harness.seconds(LARGE)
    return [
        Bar(f"{MIDDLE} revisions, times `alembic upgrade head`", ours and base and ours / base, TIMES_ALEMBIC),
        # A stairway that was ended would have cost more, so the ratio is at most what is shown.
        Bar(f"{MIDDLE} revisions, part of the stairway", ours and theirs and ours / theirs, TIMES_STAIRWAY),
        Bar(
            f"a revision of {LARGE}, times one of {SMALL}",
            small and large and (large / LARGE) / (small / SMALL),
            TIMES_SMALL,
        ),
    ]


def _bar_table(bars: Sequence[Bar]) -> str:
    rows = [
        [bar.title, "not measured" if bar.measured is None else f"{bar.measured:.3g}", f"{bar.at_most:.3g}"]
        for bar in bars
    ]
    return record.table(["`round-trip`", "measured", "bar"], rows)


if __name__ == "__main__":
    sys.exit(main())
