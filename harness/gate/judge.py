"""Judging one live database: the parts of the gate, each a check of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from harness.checks.base import BlockedCheck, SkipCheck
from harness.comparison.address import Address
from harness.findings import Finding, HarnessError, UsageError
from harness.gate import position as positions
from harness.gate.drift import Drift, find_drift, ignored_groups
from harness.gate.expected import Ground
from harness.gate.landing import built_like
from harness.gate.live import Live, read_live
from harness.gate.position import Position, locate
from harness.gate.rehearsal import Rehearsal
from harness.schema import Schema, UnreadableError

T = TypeVar("T")
CHECK = "gate"
# In the order in which they are judged and reported.
PARTS = ("revision", "drift", "rehearsal")
NOTHING_PENDING = "nothing is pending"


@dataclass(frozen=True)
class Asked:
    """What is asked of the gate.

    Attributes:
        parts: which parts of it, of `PARTS`.
        stands_at: the revisions that the database is to be taken to stand at, in place of its version table's.
        target: the revision that the deploy leads to; the heads if None.
        grants, policies: whether privileges and policies are compared.
        skip_unreadable: whether what the role may not read is left out instead of ending the comparison.
        timeout: seconds for which one statement on the live database may run.
    """

    parts: tuple[str, ...]
    stands_at: tuple[str, ...] = ()
    target: str | None = None
    grants: bool = True
    policies: bool = True
    skip_unreadable: bool = False
    timeout: float = 300.0


@dataclass
class Judge:
    """Judges one live database.

    Args:
        ground: what it shares with others.
        address: where the database is.
        asked: what is to be judged.

    Attributes:
        notes: sentences for the report, besides the findings.
    """

    ground: Ground
    address: Address
    asked: Asked
    notes: list[str] = field(default_factory=list)
    _failed: HarnessError | None = None

    def checks(self) -> Iterator[tuple[str, Callable[[], Iterable[Finding]]]]:
        """The parts that were asked for: the name in the report, and what gives its findings."""
        judged = {"revision": self.revision, "drift": self.drift, "rehearsal": self.rehearsal}
        for name in self.asked.parts:
            yield f"{CHECK}.{name}", judged[name]

    @cached_property
    def live(self) -> Live:
        """What was read of the database, at one moment.

        Raises:
            VerdictError: it cannot be read; the second call raises the same at once.
        """
        if self._failed is not None:
            raise self._failed
        try:
            return read_live(
                self.address,
                self.ground.configured,
                timeout=self.asked.timeout,
                skip_unreadable=self.asked.skip_unreadable,
            )
        except HarnessError as error:
            self._failed = error
            raise

    @property
    def live_if_read(self) -> Live | None:
        """The same if it was read already, else None."""
        return self.__dict__.get("live")

    @cached_property
    def position(self) -> Position:
        """Where the database stands."""
        return locate(self.live, self.ground.lineage, given=self.asked.stands_at, target=self.asked.target)

    def revision(self) -> Iterator[Finding]:
        """Where the database stands, and what is pending."""
        position, lineage = self.position, self.ground.lineage
        if position.is_given:
            self.notes.append(f"The database is taken to stand at {position}, as --from says.")
        if position.rows and not (position.pending or position.unknown or position.ahead):
            self.notes.append(f"The database stands at {position}: nothing is pending.")
        if self.live.standby:
            self.notes.append("The database is a read-only replica: deploy to its primary, which may be further on.")
        context = self.ground.context
        folders = context.history.version_locations
        yield from positions.findings(position, self.live, lineage, context.project, folders)

    def drift(self) -> list[Finding]:
        """What was changed behind the history's back."""
        found = self.drifted
        self.notes += found.notes
        return found.findings

    @cached_property
    def drifted(self) -> Drift:
        """How the database differs from its history."""
        actual = self._schema()
        self._require_known_place()
        self.ground.require_elsewhere(self.live)
        built = built_like(self.ground, self.live, actual, self.position)
        expected = built.schema
        if self.live.unread:
            expected, _ = self.ground.read(built.database, self.live.unread)
            parts = ", ".join(part.replace("_", " ") for part in self.live.unread)
            self.notes.append(f"Not compared, since the role {self.live.role} may not read it: {parts}.")
        ignore = ignored_groups(grants=self.asked.grants, policies=self.asked.policies)
        return find_drift(built, expected, self.live, actual, ignore)

    def rehearsal(self) -> Iterator[Finding]:
        """The pending revisions on a copy of the schema as it is."""
        actual = self._schema()
        self._require_known_place()
        if self.position.ahead:
            raise BlockedCheck(f"{CHECK}.revision", "the database stands beyond the revision to deploy")
        if not self.position.pending:
            raise SkipCheck(NOTHING_PENDING)
        if self.live.unread:
            raise UnreadableError(self.live.unread[0], "without it the schema cannot be copied")
        self.ground.require_elsewhere(self.live)
        ignore = ignored_groups(grants=self.asked.grants, policies=self.asked.policies)
        rehearsal = Rehearsal(self.ground, self.live, actual, self.position, ignore)
        yield from rehearsal.findings()
        self.notes += rehearsal.notes

    def _schema(self) -> Schema:
        schema = self.live.schema
        if isinstance(schema, UnreadableError):
            raise schema
        return schema

    def _require_known_place(self) -> None:
        position = self.position
        if position.unknown:
            raise BlockedCheck(f"{CHECK}.revision", "the database stands at a revision that is not in this checkout")
        if not position.is_known:
            raise BlockedCheck(f"{CHECK}.revision", "nothing says at which revision the database stands")


def selected_parts(select: Sequence[str], skip: Sequence[str]) -> tuple[str, ...]:
    """The parts that a selection names, in the order in which they are judged.

    Raises:
        UsageError: a name that no part has, or a selection that leaves none.
    """
    for name in (*select, *skip):
        if name not in PARTS:
            raise UsageError(f"The gate has no part {name!r}.", f"Its parts are {', '.join(PARTS)}.")
    parts = tuple(name for name in PARTS if (not select or name in select) and name not in skip)
    if not parts:
        raise UsageError("The selection leaves nothing to judge.", f"The parts are {', '.join(PARTS)}.")
    return parts


def part_of(rule: str) -> str:
    """The part of the gate that reports a rule."""
    return next((name for name in ("drift", "rehearsal") if rule.startswith(f"{CHECK}.{name}")), "revision")
