"""Reading a module's syntax tree into records; nothing is imported or run for it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from harness.models.syntax import ClassSite, ImportSite, ModuleSyntax, Scope, TableSite, dotted


def read_module(module: str, path: str, is_package: bool, content: bytes) -> ModuleSyntax:
    """Read one module.

    Raises:
        SyntaxError: it is not Python.
        ValueError: it holds null bytes.
    """
    tree = ast.parse(content)
    reader = _Reader(module, is_package)
    reader.read(tree.body, Scope(), "")
    return ModuleSyntax(
        module,
        path,
        is_package,
        tuple(reader.imports),
        tuple(reader.classes),
        tuple(reader.tables),
        reader.assigned,
        tuple(reader.calls),
        reader.exports,
        reader.exports_line,
    )


class _Reader:
    def __init__(self, module: str, is_package: bool) -> None:
        self._package = module if is_package else module.rpartition(".")[0]
        self.imports: list[ImportSite] = []
        self.classes: list[ClassSite] = []
        self.tables: list[TableSite] = []
        self.assigned: dict[str, ast.expr] = {}
        self.calls: list[tuple[str, ast.Call, Scope]] = []
        self.exports: tuple[str, ...] | None = None
        self.exports_line = 0

    def read(self, body: Sequence[ast.stmt], scope: Scope, owner: str) -> None:
        for node in body:
            self._statement(node, scope, owner)

    def _statement(self, node: ast.stmt, scope: Scope, owner: str) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.imports += self._import(node, scope)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope, owner)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            inner = Scope("function", node.name, node.lineno).within(scope)
            self.read(node.body, inner, f"{owner}{node.name}.<locals>.")
        elif isinstance(node, ast.If):
            body, other = _branches(node)
            self._expressions(node.test, scope, None)
            self.read(node.body, body.within(scope), owner)
            self.read(node.orelse, other.within(scope), owner)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            self._try(node, scope, owner)
        else:
            self._other(node, scope, owner)

    def _try(self, node: ast.stmt, scope: Scope, owner: str) -> None:
        inner = Scope("try", "", node.lineno).within(scope)
        assert isinstance(node, ast.Try) or type(node).__name__ == "TryStar"
        for part in ("body", "orelse"):
            self.read(getattr(node, part), inner, owner)
        for handler in getattr(node, "handlers", ()):
            self.read(handler.body, inner, owner)
        self.read(getattr(node, "finalbody", ()), scope, owner)

    def _other(self, node: ast.stmt, scope: Scope, owner: str) -> None:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self._expressions(part, scope, _target(node))
            elif isinstance(part, ast.withitem):
                self._expressions(part.context_expr, scope, None)
        for name, value in _assignments(node):
            if not owner:
                self.assigned[name] = value
            if name == "__all__" and not owner:
                self._exports(value, node.lineno)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.match_case):
                self.read(part.body, scope, owner)
        for name in ("body", "orelse"):
            inner = getattr(node, name, None)
            if isinstance(inner, list):
                self.read(inner, scope, owner)

    def _exports(self, value: ast.expr, line: int) -> None:
        if isinstance(value, (ast.List, ast.Tuple)):
            self.exports_line = line
            self.exports = tuple(
                part.value for part in value.elts if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> Iterator[ImportSite]:
        end = node.end_lineno or node.lineno
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.partition(".")[0]
                yield ImportSite(alias.name, alias.name, node.lineno, end, scope, local)
            return
        base = node.module or ""
        if node.level:
            above = self._package.split(".") if self._package else []
            above = above[: len(above) - (node.level - 1)]
            base = ".".join([*above, *([base] if base else [])])
        for alias in node.names:
            star = alias.name == "*"
            target = base if star else f"{base}.{alias.name}"
            local = "*" if star else alias.asname or alias.name
            yield ImportSite(target, base, node.lineno, end, scope, local, star, bool(node.level))

    def _class(self, node: ast.ClassDef, scope: Scope, owner: str) -> None:
        for decorator in node.decorator_list:
            self._expressions(decorator, scope, None)
        before = len(self.tables)
        qualname = owner + node.name
        position = len(self.classes)
        self.read(node.body, scope, f"{qualname}.")
        values = {name: value for part in node.body for name, value in _assignments(part)}
        table = None
        if "__table__" in values and len(self.tables) > before:
            table = self.tables.pop(before)
        functions = {part.name for part in node.body if isinstance(part, ast.FunctionDef)}
        site = ClassSite(
            qualname,
            node.lineno,
            node.end_lineno or node.lineno,
            scope,
            tuple(name for name in map(dotted, node.bases) if name),
            frozenset(
                part.arg or ""
                for part in node.keywords
                if not (isinstance(part.value, ast.Constant) and part.value.value is False)
            ),
            tuple(dotted(decorator).removesuffix("()") + _argument(decorator) for decorator in node.decorator_list),
            values,
            table,
            bool({"__tablename__", "__table__"} & (set(values) | functions)),
        )
        self.classes.insert(position, site)

    def _expressions(self, node: ast.expr, scope: Scope, variable: str | None) -> None:
        for part in ast.walk(node):
            if not isinstance(part, ast.Call):
                continue
            name = dotted(part.func)
            self.calls.append((name, part, scope))
            if name.rpartition(".")[2] == "Table":
                self.tables.append(_table(name, part, scope, variable if part is node else None))


def _table(function: str, call: ast.Call, scope: Scope, variable: str | None) -> TableSite:
    keywords = {part.arg: part.value for part in call.keywords if part.arg}
    first = call.args[0] if call.args else keywords.get("name")
    second = call.args[1] if len(call.args) > 1 else keywords.get("metadata")
    schema = keywords.get("schema")
    return TableSite(
        function,
        first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None,
        schema.value if isinstance(schema, ast.Constant) and isinstance(schema.value, str) else None,
        # A reflected table describes a database that is there already.
        "" if {"autoload_with", "autoload"} & keywords.keys() else dotted(second),
        variable,
        call.lineno,
        call.end_lineno or call.lineno,
        scope,
    )


def _argument(decorator: ast.expr) -> str:
    """The first argument of a decorator that is called, as in `mapped_as_dataclass(registry)`."""
    if isinstance(decorator, ast.Call):
        return f"({dotted(decorator.args[0]) if decorator.args else ''})"
    return ""


def _target(node: ast.stmt) -> str | None:
    names = [name for name, _ in _assignments(node)]
    return names[0] if names else None


def _assignments(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
    elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
        yield node.target.id, node.value


def _branches(node: ast.If) -> tuple[Scope, Scope]:
    """The scopes of an `if` statement's two branches."""
    test, negated = node.test, False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        test, negated = test.operand, True
    if dotted(test).rpartition(".")[2] == "TYPE_CHECKING":
        checking, otherwise = Scope("type-checking", "TYPE_CHECKING", node.lineno), Scope()
        return (otherwise, checking) if negated else (checking, otherwise)
    if isinstance(test, ast.Compare) and dotted(test.left) == "__name__":
        return Scope("main", "", node.lineno), Scope("condition", ast.unparse(node.test), node.lineno)
    condition = Scope("condition", ast.unparse(node.test), node.lineno)
    return condition, condition
