"""What the settings make of the findings: which are left out (`ignore`) and how severe the others are (`severity`)."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property

from harness.checks import all_rules
from harness.findings import CheckResult, DatabaseObject, Finding, Severity, UsageError

OFF = "off"


@dataclass(frozen=True)
class _Entry:
    """One entry of `ignore`. Without a colon it is a glob on rules or objects, whichever it matches."""

    text: str
    rule: str | None
    object: str | None

    @classmethod
    def parse(cls, text: str) -> _Entry:
        rule, colon, target = text.partition(":")
        return cls(text, rule.strip(), target.strip()) if colon else cls(text, None, None)

    def matches(self, finding: Finding) -> bool:
        if self.rule is None or self.object is None:
            return fnmatchcase(finding.rule, self.text) or _is_about(finding.object, self.text)
        return fnmatchcase(finding.rule, self.rule) and _is_about(finding.object, self.object)

    def may_concern(self, check: str, known: Collection[str]) -> bool:
        """Whether a finding of a check could match: `autogenerate.*` concerns no other check than that one."""
        glob = self.rule if self.rule is not None else self.text
        own = [rule for rule in known if fnmatchcase(rule, glob) or fnmatchcase(glob, rule)]
        if own:
            return any(rule.partition(".")[0] == check.partition(".")[0] for rule in own)
        return True


def _is_about(target: DatabaseObject | None, glob: str) -> bool:
    """Whether a glob names an object or the table it belongs to, with or without the schema."""
    return target is not None and any(fnmatchcase(name, glob) for name in _names(target))


def _names(target: DatabaseObject) -> Iterator[str]:
    if target.kind != "column":
        yield target.name
        yield f"{target.schema}.{target.name}"
    parts = [part for part in (target.schema, target.table, target.name) if part]
    for length in range(2 if target.schema else 1, len(parts) + 1):
        yield ".".join(parts[:length])
        if target.schema:
            yield ".".join(parts[1:length])


class Policy:
    """The project's say on findings.

    Args:
        ignore: the entries of the setting `ignore`.
        severity: the table `severity`: globs on rules, each with `error`, `warning`, `info` or `off`.
        known: gives the names of all rules, if they are needed; those of the checks if left out.

    Raises:
        UsageError: a key of `severity` matches no rule.
    """

    def __init__(
        self, ignore: Sequence[str], severity: Mapping[str, str], known: Callable[[], Collection[str]] | None = None
    ) -> None:
        self._give_known = known
        self._entries = [_Entry.parse(text) for text in ignore]
        self._used: set[_Entry] = set()
        # The longest glob that matches decides, so that an exception from a rule can stand anywhere in the table.
        self._severity = sorted(severity.items(), key=lambda pair: len(pair[0]), reverse=True)
        for glob in severity:
            _require_rule(glob, self._known)

    @cached_property
    def _known(self) -> Collection[str]:
        # To know them every check has to be imported.
        return [rule.name for rule in all_rules()] if self._give_known is None else self._give_known()

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that stay, each with the severity that the project gives it."""
        kept = []
        for finding in findings:
            matching = [entry for entry in self._entries if entry.matches(finding)]
            self._used.update(matching)
            chosen = next((level for glob, level in self._severity if fnmatchcase(finding.rule, glob)), None)
            if matching or chosen == OFF:
                continue
            kept.append(finding if chosen is None else replace(finding, severity=Severity(chosen)))
        return kept

    def notes(self, results: Sequence[CheckResult]) -> list[str]:
        """A sentence for each entry of `ignore` that has become useless.

        An entry whose findings could only have come from a check that reached no verdict, or was not run, is not named.
        """
        notes = []
        for entry in self._entries:
            concerned = [result for result in results if entry.may_concern(result.name, self._known)]
            if entry in self._used or not concerned:
                continue
            if all(result.outcome in ("passed", "failed") for result in concerned):
                ran = ", ".join(result.name for result in concerned)
                notes.append(f"{entry.text!r} in the setting ignore matches no finding of {ran}: take it out.")
        return notes


def _require_rule(glob: str, known: Collection[str]) -> None:
    # A rule may be a pattern itself, drift.*.renamed, and `attribute` at the end of one stands for any.
    general = f"{glob.rpartition('.')[0]}.attribute"
    if any(fnmatchcase(rule, glob) or fnmatchcase(glob, rule) or fnmatchcase(general, rule) for rule in known):
        return
    nearest = difflib.get_close_matches(glob, known, n=1, cutoff=0.4)
    hint = f"Did you mean {nearest[0]!r}?" if nearest else "`harness rules` lists them all."
    raise UsageError(f"[tool.harness.severity] names {glob!r}, and there is no such rule.", hint)
