"""Where a class, an attribute of it or a call stands in a file, by the file's syntax tree."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

Place = tuple[str, int, int]  # an absolute path, the first and the last line

# The calls that make a part of a table.
PARTS = frozenset(
    {
        "UniqueConstraint",
        "Index",
        "ForeignKeyConstraint",
        "CheckConstraint",
        "PrimaryKeyConstraint",
        "ExcludeConstraint",
        "Sequence",
        "Column",
    }
)

# Their classes are bases of the user's, hold nothing of the user's, and take long to parse.
_LIBRARIES = frozenset({"builtins", "typing", "sqlalchemy", "sqlmodel", "pydantic"})


def class_site(kind: type) -> tuple[str, ast.ClassDef] | None:
    """A class's file and its definition; None for a library's, and for what was made where no file is."""
    if kind.__module__.partition(".")[0] in _LIBRARIES:
        return None
    try:
        path = inspect.getsourcefile(kind)
    except TypeError:
        return None
    node = _classes(path).get(kind.__qualname__) if path is not None else None
    return None if node is None or path is None else (path, node)


def attribute_site(kind: type, name: str) -> tuple[Place, ast.stmt] | None:
    """The statement that gives a class an attribute, in the class itself or in the first base that has it."""
    for owner in kind.__mro__:
        site = class_site(owner)
        if site is None:
            continue
        path, node = site
        for statement in node.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            elif isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
                return _place(path, statement), statement
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return _place(path, statement), statement
    return None


def calls(path: str, names: frozenset[str]) -> list[ast.Call]:
    """The calls of functions with one of these names, however they are imported, in the order of the file."""
    return [node for node in _calls(path) if called(node) in names]


@cache
def named_calls(path: str) -> dict[tuple[str, str], ast.Call]:
    """The calls that make a part of a table, by the function's name and the literal name that they give."""
    found: dict[tuple[str, str], ast.Call] = {}
    for call in calls(path, PARTS):
        name = given_name(call)
        if name is not None:
            found.setdefault((called(call), name), call)
    return found


def called(node: ast.Call) -> str:
    """The last part of the name of the function that is called."""
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def place_of(path: str, node: ast.expr | ast.stmt) -> Place:
    """Where a node of a file's tree stands."""
    return _place(path, node)


def texts(nodes: Iterable[ast.expr]) -> list[str]:
    """The literal strings among some expressions, those in lists and tuples too."""
    return list(_texts(nodes))


def given_name(node: ast.Call) -> str | None:
    """The name that a call gives what it makes, if it is a literal: an Index's first argument, else `name=`."""
    named = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
    if called(node) in ("Index", "Sequence", "Column", "Table"):
        named += node.args[:1]
    found = texts(named[:1])
    return found[0] if found else None


def _texts(nodes: Iterable[ast.expr]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, (ast.List, ast.Tuple)):
            yield from _texts(node.elts)


def _place(path: str, node: ast.expr | ast.stmt) -> Place:
    return path, node.lineno, node.end_lineno or node.lineno


@cache
def _tree(path: str) -> ast.Module:
    """The file's tree; an empty one if it cannot be read as Python."""
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return ast.Module(body=[], type_ignores=[])


@cache
def _calls(path: str) -> list[ast.Call]:
    found = [node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call)]
    return sorted(found, key=lambda node: (node.lineno, node.col_offset))


@cache
def _classes(path: str) -> dict[str, ast.ClassDef]:
    """The classes of a file by qualified name."""
    found: dict[str, ast.ClassDef] = {}
    pending: list[tuple[str, ast.AST]] = [("", _tree(path))]
    while pending:
        prefix, node = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                found[prefix + child.name] = child
                pending.append((f"{prefix}{child.name}.", child))
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                pending.append((f"{prefix}{child.name}.<locals>.", child))
            else:
                pending.append((prefix, child))
    return found
