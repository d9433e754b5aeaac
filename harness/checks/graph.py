"""`graph`: the history hangs together. One head (or only declared ones), no broken link, cycle or duplicate id."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.environment import History, RevisionInfo
from harness.findings import Finding, Location, Rule, Severity

HEADS = Rule(
    "graph.heads",
    Severity.ERROR,
    "the history has more than one head",
    "`alembic upgrade head` refuses to run when there are several heads: the next deploy stops there.",
)
UNDECLARED_HEAD = Rule(
    "graph.undeclared-head",
    Severity.ERROR,
    "a head is there that the settings do not declare, or a declared one is none",
    "Somebody branched off without wanting to, or the setting is out of date.",
)
BROKEN_LINK = Rule(
    "graph.broken-link",
    Severity.ERROR,
    "a revision builds on one that does not exist",
    "Alembic cannot load the history, so no command works.",
)
CYCLE = Rule(
    "graph.cycle",
    Severity.ERROR,
    "revisions build on each other in a circle",
    "There is no order in which they could be applied.",
)
DUPLICATE = Rule(
    "graph.duplicate-id",
    Severity.ERROR,
    "two files have the same revision id",
    "Alembic takes one of the two and only warns: the other is never applied.",
)
UNLOADABLE = Rule(
    "graph.unloadable",
    Severity.ERROR,
    "a revision file cannot be imported",
    "Alembic imports every file of the versions folder: no command works while one of them fails.",
)
EMPTY = Rule(
    "graph.empty",
    Severity.ERROR,
    "the history has no revision",
    "There is nothing to deploy, and nothing to compare the models with.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """Judge the revision files as they lie on the disk, without a database."""
    history = context.history
    for unloadable in history.unloadable:
        failure = unloadable.failure
        line = failure.line if failure.path == unloadable.path and failure.line else 1
        yield UNLOADABLE.finding(
            f"{context.project.location(unloadable.path)} cannot be imported: {failure.kind}: {failure.message}",
            location=Location(context.project.location(unloadable.path), line),
            fix="Correct the file; `alembic history` shows the same error.",
            detail=failure.traceback,
        )
    if not history.revisions and not history.unloadable:
        places = ", ".join(context.project.location(place) for place in history.version_locations)
        yield EMPTY.finding(
            f"There is no revision in {places}.", fix="Write the first: alembic revision --autogenerate -m 'first'"
        )
        return
    yield from _duplicates(context, history)
    broken = list(_broken_links(context, history))
    yield from broken
    cycle = _cycle(history)
    if cycle:
        first = cycle[0]
        yield CYCLE.finding(
            f"Revisions build on each other in a circle: {' → '.join(revision.id for revision in (*cycle, first))}.",
            revision=first.id,
            location=Location(context.project.location(first.path), first.down_line),
            fix=f"Give one of them another down_revision, for instance in {context.project.location(first.path)}.",
        )
    elif not broken and not history.unloadable:
        # With a file or a link missing, what looks like a head is the stump of the break.
        yield from _heads(context, history)


def _duplicates(context: CheckContext, history: History) -> Iterator[Finding]:
    by_id: dict[str, list[RevisionInfo]] = defaultdict(list)
    for revision in history.revisions:
        by_id[revision.id].append(revision)
    for revision_id, several in by_id.items():
        if len(several) > 1:
            last = several[-1]
            others = ", ".join(context.project.location(revision.path) for revision in several[:-1])
            yield DUPLICATE.finding(
                f"Revision {revision_id} is there more than once: {context.project.location(last.path)} and {others}.",
                revision=revision_id,
                location=Location(context.project.location(last.path), last.line),
                fix="Give one of the files a revision id of its own, and build its successors on that.",
            )


def _broken_links(context: CheckContext, history: History) -> Iterator[Finding]:
    known = {revision.id for revision in history.revisions}
    labels = {label for revision in history.revisions for label in revision.branch_labels}
    for revision in history.revisions:
        links = [("down_revision", parent) for parent in revision.down_revisions]
        links += [("depends_on", parent) for parent in revision.dependencies if parent not in labels]
        for attribute, parent in links:
            if parent in known or _abbreviates_one(parent, known):
                continue
            nearest = difflib.get_close_matches(parent, known, n=1)
            yield BROKEN_LINK.finding(
                f"Revision {revision.id} has {attribute} {parent!r}, which no file defines.",
                revision=revision.id,
                location=Location(context.project.location(revision.path), revision.down_line),
                fix=f"Did you mean {nearest[0]!r}?" if nearest else "Restore the missing file, or correct the link.",
            )


def _abbreviates_one(parent: str, known: set[str]) -> bool:
    """Alembic resolves a link by its beginning too, if only one revision begins so."""
    return len([revision for revision in known if revision.startswith(parent)]) == 1


def _cycle(history: History) -> list[RevisionInfo]:
    """The revisions of one circle, in order; empty if there is none."""
    by_id = {revision.id: revision for revision in history.revisions}
    done: set[str] = set()
    for start in history.revisions:
        trail: list[str] = []
        pending = [(start.id, False)]
        while pending:
            current, leaving = pending.pop()
            if leaving:
                trail.pop()
                done.add(current)
            elif current in trail:
                return [by_id[revision] for revision in trail[trail.index(current) :]]
            elif current in by_id and current not in done:
                trail.append(current)
                pending.append((current, True))
                revision = by_id[current]
                pending += [(parent, False) for parent in (*revision.down_revisions, *revision.dependencies)]
    return []


def _heads(context: CheckContext, history: History) -> Iterator[Finding]:
    heads, declared = history.heads, context.settings.heads
    labels = {label: revision.id for revision in history.revisions for label in revision.branch_labels}
    if declared:
        wanted = {labels.get(head.partition("@")[0], head) for head in declared}
        for head in sorted(set(heads) - wanted):
            revision = history.get(head)
            yield UNDECLARED_HEAD.finding(
                f"Revision {head} is a head that the settings do not declare.",
                revision=head,
                location=context.locate(revision),
                fix="Build it on a declared head, merge it (`alembic merge heads`), "
                f'or add "{head}" to heads in [tool.harness].',
            )
        for head in sorted(wanted - set(heads)):
            yield UNDECLARED_HEAD.finding(
                f"The settings declare the head {head}, which is none.",
                revision=head,
                location=context.locate(history.get(head)),
                fix=f"Put the present head in its place: heads = {_toml_list(heads)} in [tool.harness].",
            )
        return
    if len(heads) > 1:
        newest = history.get(heads[-1])
        detail = "\n".join(_head_line(context, history.get(head)) for head in heads)
        yield HEADS.finding(
            f"The history has {len(heads)} heads: {', '.join(heads)}.",
            location=context.locate(newest),
            fix="Merge them: alembic merge heads -m 'merge'; "
            f"or, if they are meant, heads = {_toml_list(heads)} in [tool.harness].",
            detail=detail,
        )


def _head_line(context: CheckContext, revision: RevisionInfo | None) -> str:
    assert revision is not None
    return f"{revision.id}  {context.project.location(revision.path)}:{revision.line}  {revision.message}"


def _toml_list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


CHECK = Check(
    "graph",
    "one head (or only declared ones), no broken link, cycle or duplicate id, every file loads",
    (HEADS, UNDECLARED_HEAD, BROKEN_LINK, CYCLE, DUPLICATE, UNLOADABLE, EMPTY),
    run,
    needs_server=False,
)
