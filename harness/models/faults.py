"""What the judgement finds: one table, or addition to a table, that `env.py` does not see."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.models.scan import Claim
from harness.models.syntax import ImportSite

FaultKind = Literal["missing", "other-base", "unimportable", "type-checking-only"]
Place = tuple[str, str, int]  # module, file, line


@dataclass(frozen=True)
class Fault:
    """One table, or addition to a table, that `env.py` does not see.

    Attributes:
        name: the class or variable; None if it has no name.
        table: the table's name; None if it cannot be known.
        columns: for a class that adds to its parent's table, what it adds.
        loaded: whether `env.py` imports the module.
        imports: the modules to import, in order.
        site: the import statement that is there but is not executed, and the file it stands in.
        error: what importing the module raised.
        promised_by: the package that names it in its `__all__` without importing it, which makes `env.py` raise.
        sure: whether it is known to belong to the metadata that `env.py` passes.
    """

    kind: FaultKind
    module: str
    path: str
    line: int
    end_line: int
    name: str | None
    is_class: bool
    table: str | None
    schema: str | None = None
    columns: tuple[str, ...] = ()
    loaded: bool = False
    imports: tuple[str, ...] = ()
    site: tuple[str, ImportSite] | None = None
    claim: Claim | None = None
    error: Mapping[str, Any] | None = None
    promised_by: str | None = None
    sure: bool = True


def fault_at(
    kind: FaultKind,
    place: Place,
    claim: Claim | None,
    names: set[str],
    table: Mapping[str, Any],
    **more: Any,
) -> Fault:
    """A fault at a place that executed a statement; the claim, if the text has one there, knows more."""
    module, path, line = place
    name = claim.name if claim else next(iter(sorted(names)), None)
    return Fault(
        kind,
        module,
        claim.path if claim else path,
        claim.line if claim else line,
        claim.end_line if claim else line,
        name,
        claim.is_class if claim else bool(names),
        table["name"],
        table["schema"],
        claim=claim,
        **more,
    )


def fault_of(kind: FaultKind, claim: Claim, **more: Any) -> Fault:
    """A fault where a claim stands."""
    table = {"name": claim.table, "schema": claim.schema}
    return fault_at(kind, (claim.module, claim.path, claim.line), claim, set(), table, imports=(claim.module,), **more)
