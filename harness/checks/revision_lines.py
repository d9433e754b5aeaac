"""Which line of a revision file makes an object: found in its syntax tree, by the object's name."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Literal

from harness.findings import DatabaseObject

Function = Literal["upgrade", "downgrade"]

# What SQL calls a kind of object, where that is not what we call it.
_WORDS = {"enum": "type", "composite type": "type", "range type": "type"}
# What follows a name: a function's arguments, the access method of an operator class.
_SIGNATURE = re.compile(r"\(| using ")


def line_of(path: str, functions: Sequence[Function], target: DatabaseObject) -> int | None:
    """The line that names an object, or else the table or schema that it belongs to.

    Args:
        path: the revision file.
        functions: where to look, in this order; what else the module defines is searched after them.
        target: the object.

    Returns:
        a line from 1 on; that of the first function if nothing names the object, None if there is no such function.
    """
    tree = _tree(path)
    if tree is None:
        return None
    defined = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    places: list[ast.stmt] = [defined[name] for name in functions if name in defined]
    places += [node for node in tree.body if getattr(node, "name", None) not in ("upgrade", "downgrade")]
    for search in _searches(target):
        for node in places:
            line = search(node)
            if line is not None:
                return line
    first = defined.get(functions[0])
    return first.lineno if first else None


@lru_cache(maxsize=64)
def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


def _searches(target: DatabaseObject) -> Iterator[Callable[[ast.stmt], int | None]]:
    """Ways to find an object in a part of a file, the surest first."""
    name, table = _SIGNATURE.split(target.name)[0], target.table
    if table:
        yield lambda root: _line_of_both(root, name, table)
    else:
        statement = _statement_on(target.kind, name)
        yield lambda root: _first_line(root, statement)
        yield lambda root: _line_of(root, name)
    if target.kind not in ("column", "table"):  # columns have names such as "id", and stand in one table of many
        yield lambda root: _line_of(root, name)
    around = table or (target.schema if target.schema != "public" else None)
    if around:
        yield lambda root: _line_of(root, around)


def _line_of_both(root: ast.stmt, name: str, table: str) -> int | None:
    """The line that says a name, in the smallest call or block that says the table's name too."""
    found = [
        ((node.end_lineno or node.lineno) - node.lineno, line)
        for node in ast.walk(root)
        if isinstance(node, (ast.Call, ast.With))
        and (line := _line_of(node, name)) is not None
        and _line_of(node, table) is not None
    ]
    return min(found)[1] if found else None


def _statement_on(kind: str, name: str) -> re.Pattern[str]:
    """SQL that makes, alters or drops an object: a name may also stand where others are put into it."""
    words = r"\s+".join(_WORDS.get(kind, kind).split())
    clauses = r"(?:if\s+(?:not\s+)?exists\s+)?(?:[\w$\"]+\.)?"
    return re.compile(
        rf"\b(?:create|alter|drop)\s+(?:or\s+replace\s+)?{words}\s+{clauses}\"?(?P<name>{re.escape(name)})(?![\w$])",
        re.IGNORECASE,
    )


def _line_of(root: ast.AST, name: str) -> int | None:
    """The first line that says a name: as a whole string before as a word in one, which may be SQL of many lines."""
    for node in _strings(root):
        text = str(node.value)
        if text == name or text.endswith(f".{name}"):
            return node.lineno
    return _first_line(root, re.compile(rf"(?<![\w$])(?P<name>{re.escape(name)})(?![\w$])"))


def _first_line(root: ast.AST, pattern: re.Pattern[str]) -> int | None:
    """The first line within a string on which what a pattern calls `name` stands."""
    for node in _strings(root):
        text = str(node.value)
        match = pattern.search(text)
        if match is not None:
            inside = text.count("\n", 0, match.start("name"))
            # A string that is written on one line holds its line ends as \\n.
            return node.lineno + (inside if (node.end_lineno or node.lineno) - node.lineno >= inside else 0)
    return None


def _strings(root: ast.AST) -> Iterator[ast.Constant]:
    documentation = _docstring(root)
    found = [
        node
        for node in ast.walk(root)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node is not documentation
    ]
    yield from sorted(found, key=lambda node: (node.lineno, node.col_offset))


def _docstring(root: ast.AST) -> ast.Constant | None:
    body = getattr(root, "body", None)
    if isinstance(root, ast.Expr) and isinstance(root.value, ast.Constant):
        return root.value  # the module's own
    if isinstance(body, list) and body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return body[0].value
    return None


def does_nothing(path: str, function: Function) -> bool:
    """Whether a function of a revision file is not there, empty, or only raises."""
    tree = _tree(path)
    return not any(
        _acts(statement)
        for node in (tree.body if tree else ())
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == function
        for statement in node.body
    )


def _acts(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Expr):
        return not isinstance(statement.value, ast.Constant)
    return not isinstance(statement, (ast.Pass, ast.Raise, ast.Return))
