"""The rehearsal: the pending revisions run on a copy of the live schema, and what comes of it compared with head's."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from harness.checks.wording import consequences, failure_detail
from harness.environment import Failure
from harness.findings import Finding
from harness.gate.copying import Copy, copy_live
from harness.gate.drift import message
from harness.gate.expected import Built, Ground
from harness.gate.landing import built_like
from harness.gate.live import Live
from harness.gate.missing_roles import missing_role
from harness.gate.position import Position
from harness.gate.roles import as_run_by
from harness.gate.rules import FAILED, rule_for
from harness.schema import Difference, Schema, diff
from harness.server import ScratchDatabase


@dataclass
class Rehearsal:
    """One rehearsal.

    Args:
        ground: where it takes place.
        live: the live database.
        actual: its schema.
        position: where it stands.
        ignore: the groups that a comparison leaves out.

    Attributes:
        notes: what the findings do not say.
    """

    ground: Ground
    live: Live
    actual: Schema
    position: Position
    ignore: Collection[str]
    notes: list[str] = field(default_factory=list)

    def findings(self) -> Iterator[Finding]:
        """Rehearse.

        Raises:
            VerdictError: the history cannot be run as far as the live database is, or the scratch server is gone.
        """
        built = built_like(self.ground, self.live, self.actual, self.position)
        copy = self._copy(built)
        begun, failure = self.ground.run(copy.database, self._target)
        while (role := missing_role(failure)) is not None and role in self.live.roles and self.ground.make_role(role):
            copy = self._copy(built)
            begun, failure = self.ground.run(copy.database, self._target)
        self.notes += copy.notes
        if failure is not None:
            yield self._failed(begun[-1] if begun else None, failure, built, copy)
            return
        if not self._has_arrived(copy.database):
            yield self._nothing_kept(copy.database)
            return
        if copy.has_drift:
            yield from self._compare(built, copy)

    @property
    def _target(self) -> str:
        heads = self.ground.lineage.heads
        return "heads" if set(self.position.targets) == set(heads) else self.position.targets[0]

    def _copy(self, built: Built) -> Copy:
        return copy_live(self.ground, built, self.live, self.actual, self.position.rows)

    def _has_arrived(self, database: ScratchDatabase) -> bool:
        rows = self.ground.rows(database)
        lineage = self.ground.lineage
        return lineage.below(self.position.targets) <= lineage.below(rows)

    def _clean(self, built: Built) -> tuple[ScratchDatabase, Failure | None]:
        """The same upgrade of a database without the drift."""
        database = self.ground.context.own(self.ground.server.create_database("clean", template=built.database))
        return database, self.ground.run(database, self._target)[1]

    def _failed(self, revision: str | None, failure: Failure, built: Built, copy: Copy) -> Finding:
        blames_drift = copy.has_drift and self._clean(built)[1] is None
        context = self.ground.context
        at = f" at revision {revision}" if revision else ""
        return FAILED.finding(
            f"The deploy would fail{at}: {failure.message}",
            revision=revision,
            location=context.locate(context.history.get(revision or ""), failure),
            fix="Repair the drift first (see gate.drift), or let the revision cope with it: on a database without the "
            "drift it succeeds."
            if blames_drift
            else "Correct the revision; a database without any drift is no better off.",
            detail=failure_detail(failure),
        )

    def _nothing_kept(self, database: ScratchDatabase) -> Finding:
        rows = self.ground.rows(database)
        expected, actual = ", ".join(self.position.targets), ", ".join(rows) or "nothing"
        return FAILED.finding(
            f"env.py would end without an error, but leave {actual} in the version table, not {expected}.",
            expected=expected,
            actual=actual,
            location=self.ground.context.env_py,
            fix="Let env.py commit; `harness check --select upgrade` says more.",
        )

    def _compare(self, built: Built, copy: Copy) -> Iterator[Finding]:
        clean, failure = self._clean(built)
        if failure is not None:
            self.notes.append(
                "The rehearsal's result was compared with nothing, since the pending revisions fail on a database "
                f"without the drift: {failure.message}."
            )
            return
        before = {_key(one) for top in self._diff(built, built.schema, copy.schema) for one in top.walk()}
        head, rehearsed = self.ground.read(clean)[0], self.ground.read(copy.database)[0]
        for difference in self._diff(built, head, rehearsed):
            if _key(difference) not in before:
                yield rule_for(difference, "rehearsal").finding(
                    message(difference, "the upgrade of a database without the drift", "the rehearsed database"),
                    object=difference.object,
                    attribute=difference.attribute,
                    expected=difference.expected,
                    actual=difference.actual,
                    fix="Repair the drift first (see gate.drift), or let the pending revisions cope with it.",
                    detail=consequences(difference),
                )

    def _diff(self, built: Built, expected: Schema, actual: Schema) -> list[Difference]:
        sides = (as_run_by(schema, built.role, built.role) for schema in (expected, actual))
        return diff(*sides, ignore=self.ignore)


def _key(difference: Difference) -> tuple[object, ...]:
    return difference.change, difference.object, difference.attribute
