"""Inside: where the models' tables and columns stand in the user's files."""

from __future__ import annotations

import ast
import gc
import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Table
from sqlalchemy.orm import Mapper

from harness.models.create import configured_metadata

if TYPE_CHECKING:
    from harness.environment.inside import Inside


def places(inside: Inside) -> dict[str, dict[str, Any]]:
    """By table key (`schema.name`, or `name`): where its mapped class stands, and where each of its columns does.

    A place is `[path, line, end_line]`, the path absolute; columns of a mixin stand in the mixin. Tables with no
    mapped class, and classes without a source file, are left out.
    """
    wanted = {id(table) for metadata in configured_metadata(inside) for table in metadata.tables.values()}
    result: dict[str, dict[str, Any]] = {}
    for mapper in [thing for thing in gc.get_objects() if issubclass(type(thing), Mapper)]:
        table = mapper.local_table
        if not isinstance(table, Table) or id(table) not in wanted:
            continue
        if mapper.inherits is not None and mapper.inherits.local_table is table:
            continue  # single-table inheritance: the table stands with the base class
        definition = _definition(mapper.class_)
        if definition is None:
            continue
        columns = {}
        for column in table.columns:
            attribute = (
                mapper.get_property_by_column(column).key if mapper.columns.contains_column(column) else column.key
            )
            place = _attribute(mapper.class_, attribute)
            if place is not None:
                columns[column.name] = place
        path, node = definition
        result[table.key] = {"place": [path, node.lineno, node.end_lineno], "columns": columns}
    return result


def _attribute(kind: type, name: str) -> list[Any] | None:
    for owner in kind.__mro__:
        definition = _definition(owner)
        if definition is None:
            continue
        path, node = definition
        for statement in node.body:
            targets: list[ast.expr] = []
            if isinstance(statement, ast.AnnAssign):
                targets = [statement.target]
            elif isinstance(statement, ast.Assign):
                targets = statement.targets
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name == name:
                return [path, statement.lineno, statement.end_lineno]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return [path, statement.lineno, statement.end_lineno]
    return None


def _definition(kind: type) -> tuple[str, ast.ClassDef] | None:
    try:
        path = inspect.getsourcefile(kind)
    except TypeError:  # built in, or made where no file is
        return None
    node = _classes(path).get(kind.__qualname__) if path is not None else None
    return None if node is None or path is None else (path, node)


@cache
def _classes(path: str) -> dict[str, ast.ClassDef]:
    """The classes of a file by qualified name; empty if it cannot be read as Python."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123  # `path` comes from inspect, as a string
            tree = ast.parse(file.read())
    except (OSError, SyntaxError, ValueError):
        return {}
    found: dict[str, ast.ClassDef] = {}
    pending: list[tuple[str, ast.AST]] = [("", tree)]
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
