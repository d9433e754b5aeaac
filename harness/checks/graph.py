"""`graph`: the history hangs together. One head (or only declared ones), no broken link, cycle or duplicate id."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from harness.checks.base import Check
from harness.checks.context import CheckContext
from harness.checks.graph_links import Links, line
from harness.environment import History, RevisionInfo
from harness.environment.records import UnloadableRevision
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
DUPLICATE_LABEL = Rule(
    "graph.duplicate-label",
    Severity.ERROR,
    "a branch label is given twice, or is an id as well",
    "Alembic cannot load the history, so no command works.",
)
REDUNDANT_PARENT = Rule(
    "graph.redundant-parent",
    Severity.WARNING,
    "a merge names a revision and one that this builds on",
    "With another branch in the merge, Alembic stops in mid-upgrade with a bare KeyError.",
)
OVERLAPPING_LINKS = Rule(
    "graph.overlapping-links",
    Severity.WARNING,
    "with its depends_on, a revision names one that another of those it names stands on",
    "An upgrade to it stops with a bare KeyError, unless revisions of other branches happen to be applied before it: "
    "Alembic looks for the lower one in the version table, and its row went when the other was applied.",
)
UNLOADABLE = Rule(
    "graph.unloadable",
    Severity.ERROR,
    "a revision file cannot be imported",
    "Alembic imports every file of the versions folder: no command works while one of them fails.",
)
MALFORMED = Rule(
    "graph.malformed",
    Severity.ERROR,
    "a file of the versions folder is no revision that Alembic can read",
    "Alembic takes every Python file of the versions folder for a revision: no command works while one is none.",
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
    if not history.revisions and not history.unloadable:
        places = ", ".join(context.project.location(place) for place in history.version_locations)
        yield EMPTY.finding(
            f"There is no revision in {places}.", fix="Write the first: alembic revision --autogenerate -m 'first'"
        )
        return
    links = Links(history)
    unusable = [
        *(_unloadable(context, one) for one in history.unloadable),
        *_duplicates(context, history),
        *_labels(context, history),
        *_broken_links(context, links),
        *_cycles(context, links),
    ]
    yield from unusable
    if unusable:
        # With a file or a link missing, what looks like a head is the stump of the break.
        return
    if (failure := context.load_failure) is not None:
        yield UNLOADABLE.finding(
            f"Alembic cannot load the history: {failure.kind}: {failure.message}",
            location=context.locate(None, failure) or context.env_py,
            fix="Correct what Alembic complains of; `alembic history` shows the same error.",
            detail=failure.traceback,
        )
        return
    redundant = list(_redundant_parents(context, links))
    yield from redundant
    yield from _overlapping_links(context, links, {finding.revision for finding in redundant})
    yield from _heads(context, history, links)


def _unloadable(context: CheckContext, one: UnloadableRevision) -> Finding:
    failure = one.failure
    path = context.project.location(one.path)
    if one.imported:
        return MALFORMED.finding(
            f"{path} {failure.message}.", location=Location(path, failure.line or 1), fix=failure.hint
        )
    return UNLOADABLE.finding(
        f"{path} cannot be imported: {failure.kind}: {failure.message}",
        location=Location(path, failure.line if failure.path == one.path and failure.line else 1),
        fix="Correct the file; `alembic history` shows the same error.",
        detail=failure.traceback,
    )


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
                location=context.locate(last),
                fix="Give one of the files a revision id of its own, and build its successors on that.",
            )


def _labels(context: CheckContext, history: History) -> Iterator[Finding]:
    """Alembic keeps labels and ids in one dictionary."""
    users = {revision.id: f"is the id of {context.project.location(revision.path)}" for revision in history.revisions}
    for revision in history.revisions:
        for label in revision.branch_labels:
            if label in users:
                yield DUPLICATE_LABEL.finding(
                    f"The branch label {label!r} of revision {revision.id} {users[label]} already.",
                    revision=revision.id,
                    location=_at(context, revision, "branch_labels"),
                    fix="Give the branch another label, and write it in the first revision of the branch only.",
                )
            else:
                users[label] = f"is a label of revision {revision.id}"


def _broken_links(context: CheckContext, links: Links) -> Iterator[Finding]:
    unloadable = [Path(one.path) for one in context.history.unloadable]
    texts = [(path.suffix == ".py", path.read_text(encoding="utf-8", errors="replace")) for path in unloadable]
    for revision, attribute, parent in links.broken:
        # In a compiled file a name has no end: what comes next may be a letter.
        patterns = {True: rf"(?<!\w){re.escape(parent)}(?!\w)", False: re.escape(parent)}
        if any(re.search(patterns[is_source], text) for is_source, text in texts):
            continue  # the file is there, and is told of by itself
        yield BROKEN_LINK.finding(
            f"Revision {revision.id} has {attribute} {parent!r}, which {links.why_broken(attribute, parent)}.",
            revision=revision.id,
            location=_at(context, revision, attribute),
            fix=links.advice(attribute, parent),
        )


def _cycles(context: CheckContext, links: Links) -> Iterator[Finding]:
    for cycle in links.cycles():
        first = cycle[0]
        attribute = links.attribute(first, cycle[1 % len(cycle)])
        path = context.project.location(first.path)
        yield CYCLE.finding(
            f"Revisions build on each other in a circle: {' → '.join(revision.id for revision in (*cycle, first))}.",
            revision=first.id,
            location=_at(context, first, attribute),
            fix=f"Give one of them another {attribute}, for instance in {path}.",
            detail="\n".join(_line(context, revision) for revision in cycle),
        )


def _redundant_parents(context: CheckContext, links: Links) -> Iterator[Finding]:
    for revision, parent, over in links.redundant_parents():
        rest = [one for one in revision.down_revisions if one != parent]
        yield REDUNDANT_PARENT.finding(
            f"Revision {revision.id} merges {over} with {parent}, which {over} builds on already.",
            revision=revision.id,
            location=_at(context, revision, "down_revision"),
            fix=f"In {context.project.location(revision.path)}: down_revision = {_python(rest)}",
        )


def _overlapping_links(context: CheckContext, links: Links, told: set[str | None]) -> Iterator[Finding]:
    for overlap in links.overlaps():
        revision, parent, over = overlap.revision, overlap.parent, overlap.over
        if revision.id in told:
            continue
        path = context.project.location(revision.path)
        if overlap.needless:
            rest = [name for name in revision.dependencies if name not in overlap.needless]
            fix = f"In {path}: depends_on = {_python(rest)}"
        elif over in revision.down_revisions:
            both = _python([parent, over])
            fix = (
                f"Write an empty revision with down_revision = {both}, and name it in {path} in the place of these two."
            )
        else:
            fix = (
                f'Write an empty revision with down_revision = "{parent}" and depends_on = "{over}"; '
                f'in {path}, name it in the place of "{parent}", and leave "{over}" out of depends_on.'
            )
        yield OVERLAPPING_LINKS.finding(
            f"Revision {revision.id} names {parent} in {overlap.attribute}, and {over}, which stands on that already.",
            revision=revision.id,
            location=_at(context, revision, overlap.attribute),
            fix=fix,
        )


def _heads(context: CheckContext, history: History, links: Links) -> Iterator[Finding]:
    heads, declared = history.heads, context.settings.heads
    if declared:
        wanted = {name: links.heads_named(name) for name in declared}
        for head in sorted(set(heads).difference(*wanted.values())):
            yield UNDECLARED_HEAD.finding(
                f"Revision {head} is a head that the settings do not declare.",
                revision=head,
                location=context.locate(links.get(head)),
                fix="Build it on a declared head, merge it (`alembic merge heads`), "
                f'or add "{head}" to heads in [tool.harness].',
            )
        for name in sorted(name for name, found in wanted.items() if not found):
            yield UNDECLARED_HEAD.finding(
                f"The settings declare the head {name}, which is none.",
                revision=name,
                location=context.locate(links.get(name)),
                fix=f"Put the present head in its place: heads = {_toml_list(heads)} in [tool.harness].",
            )
        return
    if len(heads) > 1:
        revisions = [revision for revision in map(links.get, heads) if revision is not None]
        yield HEADS.finding(
            f"The history has {len(heads)} heads: {', '.join(heads)}.",
            location=context.locate(revisions[-1]),
            fix="Merge them: alembic merge heads -m 'merge'; "
            f"or, if they are meant, heads = {_toml_list(heads)} in [tool.harness].",
            detail="\n".join(_line(context, revision) for revision in revisions),
        )


def _at(context: CheckContext, revision: RevisionInfo, attribute: str) -> Location:
    return Location(context.project.location(revision.path), line(revision, attribute))


def _line(context: CheckContext, revision: RevisionInfo) -> str:
    return f"{revision.id}  {context.project.location(revision.path)}:{revision.line}  {revision.message}"


def _python(names: Sequence[str]) -> str:
    """Names as the right side of `down_revision` or `depends_on`."""
    quoted = [f'"{name}"' for name in names]
    return "None" if not quoted else quoted[0] if len(quoted) == 1 else f"({', '.join(quoted)})"


def _toml_list(values: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


CHECK = Check(
    "graph",
    "one head (or only declared ones), no broken link, cycle or duplicate id, every file loads",
    (
        HEADS,
        UNDECLARED_HEAD,
        BROKEN_LINK,
        CYCLE,
        DUPLICATE,
        DUPLICATE_LABEL,
        REDUNDANT_PARENT,
        OVERLAPPING_LINKS,
        UNLOADABLE,
        MALFORMED,
        EMPTY,
    ),
    run,
    needs_server=False,
)
