"""What a module's text says of imports, classes and tables, as plain records; `harness.models.reading` makes them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import Literal

ScopeKind = Literal["module", "try", "condition", "function", "type-checking", "main"]
# Of nested scopes the one named last here decides: a condition within a function is a function's.
_WEIGHT: tuple[ScopeKind, ...] = ("module", "try", "condition", "function", "type-checking", "main")


@dataclass(frozen=True)
class Scope:
    """Where a statement stands: `name` is the function's name or the condition's source."""

    kind: ScopeKind = "module"
    name: str = ""
    line: int = 0

    def within(self, outer: Scope) -> Scope:
        """The scope that decides when this one lies within another."""
        return max((outer, self), key=lambda scope: _WEIGHT.index(scope.kind))


@dataclass(frozen=True)
class ImportSite:
    """One name brought in by an import statement.

    Attributes:
        target: the absolute dotted name of the module, or of what is taken out of it (which may be a module too).
        package: for `from package import name`, the package; else the same as `target`.
        star: whether everything is taken.
    """

    target: str
    package: str
    line: int
    end_line: int
    scope: Scope
    local: str
    star: bool = False
    relative: bool = False


@dataclass(frozen=True)
class ClassSite:
    """A class statement; names are as they are written, dotted."""

    qualname: str
    line: int
    end_line: int
    scope: Scope
    bases: tuple[str, ...]
    keywords: frozenset[str]
    decorators: tuple[str, ...]
    values: dict[str, ast.expr] = field(compare=False, default_factory=dict)
    table: TableSite | None = None
    declares_tablename: bool = False

    def literal(self, name: str) -> str | None:
        """The string that the class body assigns to a name; None if it assigns none, or no literal one."""
        value = self.values.get(name)
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None

    @property
    def schema(self) -> str | None:
        """The schema that `__table_args__` names literally."""
        arguments = self.values.get("__table_args__")
        parts = arguments.elts[-1:] if isinstance(arguments, ast.Tuple) else [arguments]
        for part in parts:
            if isinstance(part, ast.Dict):
                for key, value in zip(part.keys, part.values, strict=True):
                    if isinstance(key, ast.Constant) and key.value == "schema" and isinstance(value, ast.Constant):
                        return str(value.value)
        return None

    @property
    def abstract(self) -> bool:
        value = self.values.get("__abstract__")
        return isinstance(value, ast.Constant) and value.value is True


@dataclass(frozen=True)
class TableSite:
    """A call that looks like `Table("name", metadata, …)`."""

    function: str
    name: str | None
    schema: str | None
    metadata: str
    variable: str | None
    line: int
    end_line: int
    scope: Scope


@dataclass(frozen=True)
class ModuleSyntax:
    """What a module's text says.

    Attributes:
        assigned: the last expression assigned to each name at module level.
        calls: every call at module level or below, by the dotted name of what is called.
        exports: the strings of a literal `__all__`, and its line; None if there is none.
    """

    module: str
    path: str
    is_package: bool
    imports: tuple[ImportSite, ...]
    classes: tuple[ClassSite, ...]
    tables: tuple[TableSite, ...]
    assigned: dict[str, ast.expr]
    calls: tuple[tuple[str, ast.Call, Scope], ...]
    exports: tuple[str, ...] | None
    exports_line: int


def dotted(node: ast.expr | None) -> str:
    """An expression's name: `a.b` for attributes, the name of what is called or subscripted, else an empty string."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    if isinstance(node, ast.Subscript):
        return dotted(node.value)
    if isinstance(node, ast.Call):
        name = dotted(node.func)
        return f"{name}()" if name else ""
    return ""
