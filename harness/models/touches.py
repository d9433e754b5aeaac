"""Which revision last touched an object, as far as the revision files' syntax trees name it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.environment import History, RevisionInfo
from harness.findings import DatabaseObject

_WORD = re.compile(r'"((?:[^"]|"")+)"|([^\W\d][\w$]*)')
_DOWNGRADE = "downgrade"

# Operations that name columns and leave them as they are.
_BESIDE_COLUMNS = frozenset(
    {"create_index", "drop_index", "create_unique_constraint", "create_check_constraint", "create_foreign_key"}
    | {"create_primary_key", "create_exclude_constraint", "drop_constraint"}
)


@dataclass(frozen=True)
class Touch:
    """A statement of a revision file that names an object: the revision, the statement's lines, and what it calls."""

    revision: RevisionInfo
    line: int
    end_line: int
    names: frozenset[str]
    operations: frozenset[str]


class Touches:
    """Every statement of a history's revision files that could do something to a database, the newest first.

    Args:
        history: the revision files; those that cannot be read as Python are left out.
    """

    def __init__(self, history: History) -> None:
        self._history = history

    def last(self, target: DatabaseObject, *aliases: str | None) -> Touch | None:
        """The newest statement that names an object, and its table where it has one.

        A constraint, index or sequence that the server named is named nowhere: then the newest statement that names the
        table and one of `aliases`, which are its columns.
        """
        if target.table is None:
            return self._naming(target.name)
        if target.kind == "column":
            return next(
                (
                    touch
                    for touch in self._newest_first
                    if touch.names.issuperset((target.table, target.name)) and not touch.operations & _BESIDE_COLUMNS
                ),
                None,
            )
        found = self._naming(target.name)
        columns = [alias for alias in aliases if alias]
        return found or (self._naming(target.table, *columns) if columns else None)

    def _naming(self, *names: str) -> Touch | None:
        return next((touch for touch in self._newest_first if touch.names.issuperset(names)), None)

    @cached_property
    def _newest_first(self) -> list[Touch]:
        touches: list[Touch] = []
        for revision in newest_first(self._history):
            # Within one file a later statement is newer.
            touches += reversed(list(_touches(revision)))
        return touches


def newest_first(history: History) -> list[RevisionInfo]:
    """The revisions so that none comes before one that builds on it."""
    by_id = {revision.id: revision for revision in history.revisions}
    by_id |= {label: revision for revision in history.revisions for label in revision.branch_labels}
    ordered: list[RevisionInfo] = []
    done: set[str] = set()
    pending = [(by_id[head], False) for head in history.heads]
    while pending:
        revision, below_done = pending.pop()
        if below_done:
            ordered.append(revision)
        elif revision.id not in done:
            done.add(revision.id)
            pending.append((revision, True))
            below = (*revision.down_revisions, *revision.dependencies)
            pending += [(by_id[parent], False) for parent in below if parent in by_id]
    return ordered[::-1]


def _touches(revision: RevisionInfo) -> Iterator[Touch]:
    try:
        tree = ast.parse(Path(revision.path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return  # the check `graph` reports it
    constants = _constants(tree)
    for function in tree.body:
        if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name != _DOWNGRADE:
            yield from _in_body(revision, function.body, frozenset(), constants)


def _constants(tree: ast.Module) -> dict[str, frozenset[str]]:
    """The names that module-level assignments give to texts: `TABLE = "account"`."""
    found: dict[str, frozenset[str]] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            found[statement.targets[0].id] = _names([statement.value], found)
    return found


def _in_body(
    revision: RevisionInfo, body: Iterable[ast.stmt], inherited: frozenset[str], constants: dict[str, frozenset[str]]
) -> Iterator[Touch]:
    """One touch a simple statement; what stands in the head of a `with` or a `for` is said of all within it."""
    local = dict(constants)
    for statement in body:
        blocks = [getattr(statement, part, None) or [] for part in ("body", "orelse", "finalbody")]
        handlers = [handler.body for handler in getattr(statement, "handlers", ())]
        if any(blocks) or handlers:
            head: list[ast.AST] = []
            if isinstance(statement, (ast.With, ast.AsyncWith)):
                head = [item.context_expr for item in statement.items]
            elif isinstance(statement, (ast.For, ast.AsyncFor)):
                head = [statement.iter]
            names = inherited | _names(head, local)
            for block in (*blocks, *handlers):
                yield from _in_body(revision, block, names, local)
            continue
        names = _names([statement], local)
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            local[statement.targets[0].id] = names
        called = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
        if called:
            operations = frozenset(function.attr for function in called if isinstance(function, ast.Attribute))
            end = statement.end_lineno or statement.lineno
            yield Touch(revision, statement.lineno, end, inherited | names, operations)


def _names(nodes: Iterable[ast.AST], constants: dict[str, frozenset[str]]) -> frozenset[str]:
    """The literal texts, and of those with white space, which are SQL, the words."""
    found: set[str] = set()
    for node in (part for top in nodes for part in ast.walk(top)):
        if isinstance(node, ast.Name):
            found |= constants.get(node.id, frozenset())
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
            if re.search(r"\s", node.value):
                found |= {quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(node.value)}
    return frozenset(found)
