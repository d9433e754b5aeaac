"""What a repair is made of: operations, each as Alembic code and as SQL."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.schema.differences import Difference
from harness.schema.repair.names import text_argument


class NotAutomaticError(Exception):
    """No operation can be written for a difference; the text, a clause without a full stop, says why."""


@dataclass(frozen=True)
class Operation:
    """One step of a repair.

    Attributes:
        sql: a statement, without the semicolon at its end.
        code: the same as a line (or a few) of a revision, with `op`, `sa` and `postgresql` imported.
        caution: what to look at before it is run: data that is lost, rows that may be in the way. It is shown as a
            comment, so it has one line, whatever the names in it have.
        alone: whether it must be committed before what follows can use it.
    """

    sql: str
    code: str
    caution: str | None = None
    alone: bool = False

    def __post_init__(self) -> None:
        if self.caution is not None:
            object.__setattr__(self, "caution", one_line(self.caution))


@dataclass(frozen=True)
class Fix:
    """What repairs one difference.

    Attributes:
        difference: the difference.
        operations: in the order in which they work; empty if they are for a person to write.
        reason: why a person is needed; None if none is.
    """

    difference: Difference
    operations: tuple[Operation, ...] = ()
    reason: str | None = None

    @property
    def automatic(self) -> bool:
        """Whether the operations repair the difference without a person's help."""
        return self.reason is None

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to look at before the operations are run."""
        return _cautions(self.operations)

    @property
    def code(self) -> str:
        """The operations as lines of a revision."""
        return "\n".join(operation.code for operation in self.operations if operation.code)

    @property
    def sql(self) -> str:
        """The operations as statements, each ended by a semicolon."""
        return "\n".join(f"{operation.sql};" for operation in self.operations if operation.code)


@dataclass(frozen=True)
class Repair:
    """What makes an actual database what was expected.

    Attributes:
        operations: those of all automatic fixes, each once, in the order in which they work.
        fixes: one for each difference, in the order of the differences.
    """

    operations: tuple[Operation, ...] = ()
    fixes: tuple[Fix, ...] = field(default=())

    @property
    def for_a_person(self) -> tuple[Fix, ...]:
        """The fixes that a person has to write."""
        return tuple(fix for fix in self.fixes if not fix.automatic)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to look at before the operations are run."""
        return _cautions(self.operations)

    @property
    def code(self) -> str:
        """The operations as lines of a revision."""
        return "\n".join(operation.code for operation in self.operations if operation.code)

    @property
    def sql(self) -> str:
        """The operations as statements, each ended by a semicolon, in one transaction where that is possible."""
        parts: list[str] = []
        inside = False
        for operation in self.operations:
            if operation.alone and inside:
                parts.append("commit;")
            if operation.alone or not inside:
                inside = not operation.alone
                parts += [] if operation.alone else ["begin;"]
            if operation.caution:
                parts.append(f"-- {operation.caution}")
            parts.append(f"{operation.sql};")
        return "\n".join([*parts, "commit;"] if inside else parts)


def one_line(text: str) -> str:
    """A text for a comment: behind a line break, the rest of a name would be run."""
    return " ".join(text.splitlines())


def execute(sql: str, caution: str | None = None) -> Operation:
    """A statement for which Alembic has no operation."""
    return Operation(sql, f"op.execute({text_argument(sql)})", caution)


def _cautions(operations: tuple[Operation, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(operation.caution for operation in operations if operation.caution))
