"""What was changed on a live database behind its history's back, and how to repair it: in the one or in the other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.checks.repairs import sql_lines, typed
from harness.checks.wording import consequences, fits_a_sentence
from harness.findings import DatabaseObject, Finding
from harness.gate.expected import Built
from harness.gate.live import Live
from harness.gate.path import without_set_up
from harness.gate.roles import as_run_by
from harness.gate.rules import rule_for
from harness.schema import Difference, Schema, diff
from harness.schema.repair import Fix, Repair, repair
from harness.schema.repair.names import ident
from harness.schema.repair.operation import execute

# Who runs which is by chance; a server's extensions are as new as its packages; and what a NOT NULL is called depends
# on whether the database was upgraded from before version 18, or made on it.
ALWAYS_IGNORED = frozenset({"owner", "extension-version", "not-null-names"})
# What leads to the operations for a revision, in a finding's fix.
ADOPTION = "Or to adopt it, in a new revision that this database is only stamped with"
_SHORT = 120
_WORDS = {"nullable": "nullability", "valid": "validity", "validated": "validation", "unique": "uniqueness"}
_OPPOSITE = {"missing": "extra", "extra": "missing"}


@dataclass(frozen=True)
class Drift:
    """How a live database differs from its history.

    Attributes:
        expected, actual: the two schemas as they were compared.
        repair: what makes the live database what the history says, with a fix for each difference.
        adoptions: for each difference the fix that the history needs, in the same order; None where none is known.
        notes: what is no drift and yet worth a sentence.
    """

    expected: Schema
    actual: Schema
    repair: Repair
    adoptions: tuple[Fix | None, ...]
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> list[Finding]:
        """A finding for each difference."""
        return [_finding(fix, adoption) for fix, adoption in zip(self.repair.fixes, self.adoptions, strict=True)]


def ignored_groups(*, grants: bool = True, policies: bool = True) -> frozenset[str]:
    """The groups that the gate leaves out of its comparison, as `diff` takes them."""
    chosen = {"grants": grants, "policies": policies}
    return ALWAYS_IGNORED | {name for name, wanted in chosen.items() if not wanted}


def find_drift(built: Built, expected: Schema, live: Live, actual: Schema, ignore: Collection[str]) -> Drift:
    """Compare a live database with what the history makes.

    Args:
        built: the scratch database at the revisions of the live one.
        expected: its schema, with the same parts of the catalog left out as of the live one.
        live: the live database.
        actual: its schema.
        ignore: the groups to leave out.
    """
    expected = as_run_by(expected, built.role, live.deployer)
    actual = as_run_by(without_set_up(actual, expected, built.path, live.deployer), live.deployer, live.deployer)
    differences = diff(expected, actual, ignore=ignore)
    found = repair(expected, actual, differences, ignore=ignore)
    return Drift(
        expected=expected,
        actual=actual,
        repair=found,
        adoptions=_adoptions(expected, actual, differences, ignore, live.deployer),
        notes=(*_extension_notes(expected, actual), *_version_notes(expected, actual)),
    )


def _adoptions(
    expected: Schema, actual: Schema, differences: Sequence[Difference], ignore: Collection[str], deployer: str
) -> tuple[Fix | None, ...]:
    """The fixes for the other direction, which is a comparison of its own."""
    back = repair(actual, expected, diff(actual, expected, ignore=ignore), ignore=ignore)
    by_key = {_key(fix.difference): _by_whoever_runs_it(fix, deployer) for fix in back.fixes}
    return tuple(by_key.get(_key(difference, reverse=True)) for difference in differences)


def _by_whoever_runs_it(fix: Fix, deployer: str) -> Fix:
    """The fix for a revision: the default privileges of the role that deploys are those of whoever runs it."""
    begin = "alter default privileges"
    named = f"{begin} for role {ident(deployer)} "
    operations = (
        execute(f"{begin} {one.sql.removeprefix(named)}", one.caution) if one.sql.startswith(named) else one
        for one in fix.operations
    )
    return replace(fix, operations=tuple(operations))


def _key(difference: Difference, *, reverse: bool = False) -> tuple[str, DatabaseObject | str, str | None]:
    if difference.change == "renamed":
        # Told under the expected name, which is the other one in the other direction.
        names = (difference.expected, difference.actual)
        kind, table = difference.object.kind, difference.object.table
        return "renamed", f"{kind} {table} {names[::-1] if reverse else names}", difference.attribute
    change = _OPPOSITE.get(difference.change, difference.change) if reverse else difference.change
    return change, difference.object, difference.attribute


def _extension_notes(expected: Schema, actual: Schema) -> Iterator[str]:
    for identity, item in expected.objects.items():
        other = actual.objects.get(identity)
        if identity.kind == "extension" and other is not None:
            here, there = item.attributes.get("version"), other.attributes.get("version")
            if here != there:
                yield f"The extension {identity.name} has version {there} live and {here} on the scratch server."


def _version_notes(expected: Schema, actual: Schema) -> Iterator[str]:
    if expected.server_version != actual.server_version:
        yield (
            f"The live server runs PostgreSQL {actual.server_version}, the scratch server {expected.server_version}: "
            "what only the newer one knows, or words in another way, is not compared."
        )


def _finding(fix: Fix, adoption: Fix | None) -> Finding:
    difference = fix.difference
    return rule_for(difference, "drift").finding(
        message(difference, "the history", "the live database"),
        object=difference.object,
        attribute=difference.attribute,
        expected=difference.expected,
        actual=difference.actual,
        fix="\n".join(part for part in (_restoring(fix), _adopting(adoption)) if part),
        detail=consequences(difference),
    )


def message(difference: Difference, expected: str, actual: str) -> str:
    """One sentence on a difference; `expected` and `actual` are what the two sides are called within a sentence."""
    target = f"{difference.object.kind} {difference.object}"
    if difference.change == "missing":
        return f"{_begun(expected)} makes the {target}, which {actual} does not have."
    if difference.change == "extra":
        return f"{_begun(actual)} has the {target}, which {expected} does not make."
    if difference.change == "renamed":
        return f"The {target} has the {difference.attribute} {difference.actual} in {actual}."
    words = _WORDS.get(difference.attribute or "", (difference.attribute or "").replace("_", " "))
    values = [value if value is not None else "not set" for value in (difference.expected, difference.actual)]
    if not fits_a_sentence(_SHORT, *values):
        return f"The {words} of {target}: in {actual} not what {expected} makes it."
    return f"The {words} of {target}: {values[1]} in {actual}, {values[0]} by {expected}."


def _begun(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _restoring(fix: Fix) -> str:
    where = "To make the database as its history says, on the database"
    if not fix.automatic:
        return f"{where}: for a person, since {fix.reason}."
    return "\n".join([f"{where}:", *sql_lines(fix)])


def _adopting(fix: Fix | None) -> str:
    if fix is None or not (fix.operations or fix.reason):
        return ""
    if not fix.automatic:
        return f"To adopt it into the history: for a person, since {fix.reason}."
    return typed(ADOPTION, fix)
