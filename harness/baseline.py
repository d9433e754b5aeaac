"""The baseline: findings that are known, in a file that stands beside the code, so that only new ones fail.

A run opens one baseline, gives it the findings of each check (`apply`), and closes it with what became of the checks
(`close`). A finding is known again by its fingerprint, which depends on neither a line nor a value; of findings with
the same fingerprint as many are known as the file has.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.findings import FINGERPRINT_SCHEME, CheckResult, Finding, UsageError

FORMAT = 1
_NAMED = 5


@dataclass(frozen=True, order=True)
class Entry:
    """A known finding: `fingerprint` tells which, the rest is for the people who read the file.

    `database` is set only where one run judges many.
    """

    rule: str
    object: str
    revision: str
    database: str
    fingerprint: str
    message: str

    @classmethod
    def of(cls, finding: Finding) -> Entry:
        """The entry that a finding leaves."""
        target = finding.object
        return cls(
            rule=finding.rule,
            object=f"{target.kind} {target}" if target is not None else "",
            revision=finding.revision or "",
            database=finding.database or "",
            fingerprint=finding.fingerprint,
            message=finding.message,
        )

    @property
    def check(self) -> str:
        """The check that reported it."""
        return self.rule.partition(".")[0]

    def __str__(self) -> str:
        place = self.object or (f"revision {self.revision}" if self.revision else "")
        return " ".join(part for part in (self.rule, place, f"in {self.database}" if self.database else "") if part)


class Baseline:
    """The known findings in the course of one run. Made by `open_baseline`.

    Attributes:
        known: the findings that `apply` has kept back so far.
    """

    def __init__(self, path: Path | None = None, entries: Sequence[Entry] = (), *, recording: bool = False) -> None:
        self.known: list[Finding] = []
        self._path = path
        self._entries = entries
        self._recording = recording
        self._left: defaultdict[str, list[Entry]] = defaultdict(list)
        self._met: Counter[str] = Counter()
        self._recorded: list[Entry] = []
        for entry in entries:
            self._left[entry.fingerprint].append(entry)

    def apply(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that are new; the others go to `known`. While a baseline is recorded every finding is known.

        Args:
            findings: all of one check, so that the same finding twice can be told from one that is known once.
        """
        found = [(finding, Entry.of(finding)) for finding in findings]
        if self._recording:
            self.known += [finding for finding, _ in found]
            self._met.update(entry.fingerprint for _, entry in found)
            self._recorded += [entry for _, entry in found]
            return []
        fresh: list[Finding] = []
        # Of several with one fingerprint those that say the same as the file are the known ones.
        taken = [self._take(entry, same_message=True) for _, entry in found]
        for (finding, entry), exactly in zip(found, taken, strict=True):
            known = exactly or self._take(entry, same_message=False)
            (self.known if known else fresh).append(finding)
        return fresh

    def _take(self, entry: Entry, *, same_message: bool) -> bool:
        waiting = self._left.get(entry.fingerprint, [])
        for candidate in waiting:
            if candidate.message == entry.message or not same_message:
                waiting.remove(candidate)
                return True
        return False

    def close(
        self, results: Iterable[CheckResult], *, out_of_reach: Callable[[Entry], bool] = lambda _: False
    ) -> list[str]:
        """End the run: write the file if a baseline is recorded, and say in sentences what became of its entries.

        Args:
            results: what became of the checks. Entries of a check that reached no verdict are neither gone nor removed.
            out_of_reach: tells the entries of which nothing can be said though their check reached a verdict, for
                instance because only a part of the history was walked.

        Raises:
            UsageError: the file cannot be written.
        """
        if self._path is None:
            return []
        results = tuple(results)
        judged = {result.name for result in results if result.outcome in ("passed", "failed")}

        def could_be_met(entry: Entry) -> bool:
            return entry.check in judged and not out_of_reach(entry)

        if self._recording:
            unknown = [result.name for result in results if result.outcome == "error"]
            if unknown:
                return [f"{self._path} is not written, since {_some(unknown, ', ')} reached no verdict."]
            return [self._record(self._path, [entry for entry in self._entries if not could_be_met(entry)])]
        gone = [entry for entries in self._left.values() for entry in entries if could_be_met(entry)]
        notes = []
        if self.known:
            left = "is left out" if len(self.known) == 1 else "are left out"
            notes.append(f"{_plural(len(self.known), 'finding')} that {self._path} knows {left}.")
        if gone:
            notes.append(
                f"{_plural(len(gone), 'entry', 'entries')} of {self._path} can be taken out, for what was known is no "
                f"longer found: {_some([str(entry) for entry in sorted(gone)], '; ')}."
            )
        return notes

    def _record(self, path: Path, others: Sequence[Entry]) -> str:
        # What this run could not have met stays known, so that one file serves several commands and selections.
        kept = []
        for entry in others:
            if self._met[entry.fingerprint] > 0:
                self._met[entry.fingerprint] -= 1
            else:
                kept.append(entry)
        _write(path, [*self._recorded, *kept])
        beside = f", beside {len(kept)} that this run did not judge" if kept else ""
        return f"{_plural(len(self._recorded), 'finding')} written to {path} as known{beside}."


def open_baseline(directory: Path, read: str | None, write: str | None = None) -> Baseline:
    """The baseline of a run.

    Args:
        directory: what relative paths are relative to.
        read: the file whose findings are known; none are if left out.
        write: the file to record this run's findings in; `read` is then left alone.

    Raises:
        UsageError: a file that is not there, is no baseline or comes from a newer harness, or one that cannot be
            written: that is refused before the work is done rather than after it.
    """
    if write is not None:
        path = _shown(directory / write)
        if path.is_dir() or not path.parent.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
            raise UsageError(
                f"The baseline {write} cannot be written.", "Name a file in a folder that exists and is yours."
            )
        return Baseline(path, _read(path) if path.exists() else (), recording=True)
    if read is None:
        return Baseline()
    path = _shown(directory / read)
    if not path.is_file():
        raise UsageError(f"There is no baseline {read}.", f"Write it with --write-baseline {read}.")
    return Baseline(path, _read(path))


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _read(path: Path) -> tuple[Entry, ...]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        written, scheme = document["format"], document["fingerprint_scheme"]
        if isinstance(written, int) and written > FORMAT:
            raise UsageError(
                f"The baseline {path} has format {written}, and this version of harness reads up to {FORMAT}.",
                "Upgrade harness.",
            )
        if scheme != FINGERPRINT_SCHEME:
            raise UsageError(
                f"The baseline {path} has fingerprints of scheme {scheme!r}, and this version of harness makes those "
                f"of scheme {FINGERPRINT_SCHEME!r}.",
                "Upgrade harness, or delete the file and write it again with --write-baseline.",
            )
        return tuple(_entry(item) for item in document["findings"])
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        where = str(error) if isinstance(error, json.JSONDecodeError) else ""
        raise UsageError(
            f"{path} is no baseline.",
            "Name another file, or delete it and write it again with --write-baseline.",
            where,
        ) from error


def _entry(item: Mapping[str, Any]) -> Entry:
    return Entry(
        rule=str(item["rule"]),
        object=str(item.get("object", "")),
        revision=str(item.get("revision", "")),
        database=str(item.get("database", "")),
        fingerprint=str(item["fingerprint"]),
        message=str(item.get("message", "")),
    )


def _write(path: Path, entries: Iterable[Entry]) -> None:
    found = [
        {
            name: value
            for name in ("fingerprint", "rule", "object", "revision", "database", "message")
            if (value := getattr(entry, name))
        }
        for entry in sorted(entries)
    ]
    document = {"format": FORMAT, "fingerprint_scheme": FINGERPRINT_SCHEME, "findings": found}
    try:
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be written: {error.strerror}.") from error


def _plural(count: int, noun: str, many: str | None = None) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {many or noun + 's'}"


def _some(names: Sequence[str], separator: str) -> str:
    return separator.join([*names[:_NAMED], *([f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else [])])
