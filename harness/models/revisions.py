"""Which revisions create a table, as far as their text says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

_CREATE_TABLE = re.compile(r"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)", re.IGNORECASE)
_REVISION = re.compile(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)


def creating_revisions(locations: Iterable[str]) -> Mapping[str, str]:
    """For each table's name, without schema, the revision that creates it or gives it its name.

    Args:
        locations: the folders of the revision files; nested folders are read too.
    """
    creators: dict[str, str] = {}
    for location in locations:
        for path in sorted(Path(location).rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            match = _REVISION.search(text)
            if match is not None:
                for table in _created(text):
                    creators.setdefault(table, match[1])
    return creators


def _created(text: str) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # the check `graph` reports it
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            for part in ast.walk(node):
                yield from _by_operation(part)
    for name in _CREATE_TABLE.findall(text):
        yield name.rpartition(".")[2].strip('"')


def _by_operation(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    position = {"create_table": 0, "rename_table": 1}.get(node.func.attr)
    if position is not None and len(node.args) > position:
        argument = node.args[position]
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value
