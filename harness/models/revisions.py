"""Which revisions create a table, as far as their text says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

_CREATE_TABLE = re.compile(r"\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([\w.\"]+)", re.IGNORECASE)
_REVISION = re.compile(r"^revision\b[^=\n]*=\s*[\"']([^\"']+)[\"']", re.MULTILINE)

# A table's name, or that of the class which knows it.
_Said = tuple[Literal["table", "model"], str]

# The operations that give a table its name, and which of their arguments says it.
_OPERATIONS = {"create_table": (0, "table_name"), "rename_table": (1, "new_table_name")}


@dataclass(frozen=True)
class Creators:
    """The revision that creates a table, or gives it its name.

    Attributes:
        tables: by the table's name, without schema.
        models: by the name of the class, where a revision takes the table's name from it: `Account.__tablename__`.
        complete: whether every table that a revision makes is named in its text. If not, one that is in neither may
            still be made by a revision.
    """

    tables: Mapping[str, str]
    models: Mapping[str, str]
    complete: bool

    def of(self, table: str | None, model: str | None) -> str | None:
        """The revision, for a table's name and the name of its model's class."""
        return self.tables.get(table or "") or self.models.get((model or "").rpartition(".")[2])


def creating_revisions(locations: Iterable[str]) -> Creators:
    """What the revisions say.

    Args:
        locations: the folders of the revision files; nested folders are read too.
    """
    found: dict[str, dict[str, str]] = {"table": {}, "model": {}}
    complete = True
    for location in locations:
        for path in sorted(Path(location).rglob("*.py")):
            text = path.read_text(encoding="utf-8", errors="replace")
            match = _REVISION.search(text)
            if match is None:
                continue
            for said in _created(text):
                if said is None:
                    complete = False
                else:
                    found[said[0]].setdefault(said[1], match[1])
    return Creators(found["table"], found["model"], complete)


def _created(text: str) -> Iterator[_Said | None]:
    """Each table that is made; None for one whose name the text does not show."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return  # the check `graph` reports it
    constants = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade":
            for part in ast.walk(node):
                if isinstance(part, ast.Call):
                    yield from _by_operation(part, constants)
    for name in _CREATE_TABLE.findall(text):
        yield "table", name.rpartition(".")[2].strip('"')


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that the module gives a name: `TABLE = "account"`."""
    return {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }


def _by_operation(call: ast.Call, constants: Mapping[str, str]) -> Iterator[_Said | None]:
    # A project's own helper is called by its bare name, and named like the operation that it stands for.
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "create_all":
        yield None
    elif name in _OPERATIONS:
        position, keyword = _OPERATIONS[name]
        given = [one.value for one in call.keywords if one.arg == keyword] + call.args[position : position + 1]
        yield _named(given[0], constants) if given else None


def _named(argument: ast.expr, constants: Mapping[str, str]) -> _Said | None:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return "table", argument.value
    if isinstance(argument, ast.Name) and argument.id in constants:
        return "table", constants[argument.id]
    if isinstance(argument, ast.Attribute) and argument.attr == "__tablename__":
        owner = argument.value
        return "model", owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return None
