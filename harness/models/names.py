"""What a name in a module stands for to SQLAlchemy: found by following imports through syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from harness.models.reading import read_module
from harness.models.sources import Source
from harness.models.syntax import ClassSite, ModuleSyntax, dotted

OriginKind = Literal["base", "model", "metadata", "registry", "database"]

_DECLARATIVE_CLASSES = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta"})
_DECLARATIVE_FUNCTIONS = frozenset({"declarative_base", "automap_base", "generate_base", "as_declarative"})
# For attributes of an object that is known: what they are. They keep the object's MetaData.
_ATTRIBUTES: Mapping[tuple[OriginKind, str], OriginKind] = {
    ("base", "metadata"): "metadata",
    ("base", "registry"): "registry",
    ("model", "metadata"): "metadata",
    ("model", "registry"): "registry",
    ("registry", "metadata"): "metadata",
    ("registry", "generate_base()"): "base",
    ("database", "metadata"): "metadata",
    ("database", "Model"): "base",
}


@dataclass(frozen=True)
class Origin:
    """What a name stands for.

    Attributes:
        home: which MetaData it belongs to: `#n` for a recorded one, else the dotted name of what made it.
        needs_table: a class of SQLModel's, which is a table only with `table=True`.
        table_from_name: how the table's name is made when the class does not say it.
    """

    kind: OriginKind
    home: str
    needs_table: bool = False
    table_from_name: Literal["", "snake", "lower"] = ""


class Names:
    """Resolves names in a set of modules.

    Args:
        sources: the modules that may be read, by name.
        known: what the inside found names to be, by absolute dotted name.
    """

    def __init__(self, sources: Mapping[str, Source], known: Mapping[str, Origin]) -> None:
        self.sources = sources
        self.known = known
        self.unreadable: dict[str, str] = {}
        self._read: dict[str, ModuleSyntax | None] = {}
        self._classes: dict[tuple[str, str], Origin | None] = {}
        self._asked: set[tuple[str, str]] = set()

    def syntax(self, module: str) -> ModuleSyntax | None:
        """A module's syntax, read once; None if it is not among the sources or cannot be read (see `unreadable`)."""
        if module not in self._read:
            self._read[module] = None
            source = self.sources.get(module)
            if source is not None:
                try:
                    self._read[module] = read_module(module, source.path, source.is_package, source.read())
                except (OSError, SyntaxError, ValueError) as error:
                    self.unreadable[module] = f"{type(error).__name__}: {error}"
        return self._read[module]

    def absolute(self, module: ModuleSyntax, written: str) -> str:
        """A written name with its first part replaced by what was imported under it; as written if nothing was."""
        head, _, rest = written.partition(".")
        called = head.endswith("()")
        for site in module.imports:
            if site.local != head.removesuffix("()") or site.star:
                continue
            if site.package == site.target and site.target.partition(".")[0] == site.local:
                return written  # import a.b: the name is absolute already
            return ".".join(part for part in (site.target + ("()" if called else ""), rest) if part)
        return written

    def origin(self, module: ModuleSyntax, written: str) -> Origin | None:
        """What a name written in a module stands for; None if that is nothing of SQLAlchemy's, or cannot be known."""
        question = (module.module, written)
        if not written or question in self._asked:
            return None
        self._asked.add(question)
        try:
            return self._origin(module, written)
        finally:
            self._asked.discard(question)

    def _origin(self, module: ModuleSyntax, written: str) -> Origin | None:
        head, _, rest = written.partition(".")
        here = self.known.get(f"{module.module}.{head}")
        if here is not None:
            return self._attribute(here, rest)
        for site in module.classes:
            if site.qualname == head:
                return self._attribute(self.class_origin(module, site), rest)
        if head in module.assigned:
            return self._attribute(self.value_origin(module, module.assigned[head], f"{module.module}.{head}"), rest)
        absolute = self.absolute(module, written)
        if absolute != written or "." in written:
            found = self.absolute_origin(absolute)
            if found is not None:
                return found
        if head.endswith("()"):
            return self._called(module, head.removesuffix("()"), None, f"{module.module}.{head}")
        stars = (site.target for site in module.imports if site.star)
        return next((found for star in stars if (found := self.absolute_origin(f"{star}.{written}"))), None)

    def absolute_origin(self, name: str) -> Origin | None:
        """What an absolute dotted name stands for."""
        parts = name.split(".")
        for end in range(len(parts), 0, -1):
            known = self.known.get(".".join(parts[:end]))
            if known is not None:
                return self._attribute(known, ".".join(parts[end:]))
        if parts[0] == "sqlmodel" and parts[-1] == "SQLModel":
            return Origin("base", "sqlmodel.SQLModel", needs_table=True, table_from_name="lower")
        for end in range(len(parts) - 1, 0, -1):
            module = self.syntax(".".join(parts[:end]))
            if module is not None:
                return self.origin(module, ".".join(parts[end:]))
        return None

    def _attribute(self, origin: Origin | None, rest: str) -> Origin | None:
        for name in rest.split(".") if rest else ():
            kind = _ATTRIBUTES.get((origin.kind, name)) if origin else None
            if origin is None or kind is None:
                return None
            origin = replace(origin, kind=kind)
        return origin

    def value_origin(self, module: ModuleSyntax, value: ast.expr, name: str) -> Origin | None:
        """What an expression that is assigned to a name makes."""
        if isinstance(value, ast.Call):
            return self._called(module, dotted(value.func), value, name)
        return self.origin(module, dotted(value))

    def _called(self, module: ModuleSyntax, function: str, call: ast.Call | None, name: str) -> Origin | None:
        absolute = self.absolute(module, function)
        top, last = absolute.partition(".")[0], absolute.rpartition(".")[2]
        arguments = {part.arg: part.value for part in call.keywords if part.arg} if call else {}
        made: Origin | None = None
        if last == "type" and call is not None and len(call.args) > 1 and isinstance(call.args[1], ast.Tuple):
            bases = (self.origin(module, dotted(part)) for part in call.args[1].elts)
            found = (base for base in bases if base is not None and base.kind in ("base", "model"))
            return next((replace(base, kind="model") for base in found), None)
        if last in _DECLARATIVE_FUNCTIONS and top == "sqlalchemy":
            made = Origin("base", name)
        elif last == "MetaData" and top in ("sqlalchemy", "sqlmodel"):
            return Origin("metadata", name)
        elif last == "registry" and top == "sqlalchemy":
            made = Origin("registry", name)
        elif last == "SQLAlchemy" and top == "flask_sqlalchemy":
            made = Origin("database", name, table_from_name="snake")
        elif "." in function:
            return self.origin(module, f"{function}()")
        if made is not None and "metadata" in arguments:
            given = self.value_origin(module, arguments["metadata"], f"{name}.metadata")
            made = replace(made, home=given.home if given else made.home)
        return made

    def class_origin(self, module: ModuleSyntax, site: ClassSite) -> Origin | None:
        """What a class statement makes: a base, a model, or (None) neither."""
        key = (module.module, site.qualname)
        if key not in self._classes:
            self._classes[key] = None  # a class that inherits from itself ends here
            self._classes[key] = self._class_origin(module, site)
        return self._classes[key]

    def _class_origin(self, module: ModuleSyntax, site: ClassSite) -> Origin | None:
        name = f"{module.module}.{site.qualname}"
        origin = next(self._parents(module, site, name), None)
        if origin is None:
            return None
        for attribute in ("metadata", "registry"):
            if attribute in site.values:
                given = self.value_origin(module, site.values[attribute], f"{name}.{attribute}")
                origin = replace(origin, home=given.home if given else origin.home)
        if (bind := site.literal("__bind_key__")) is not None:
            origin = replace(origin, home=f"bind:{bind}")
        return origin

    def _parents(self, module: ModuleSyntax, site: ClassSite, name: str) -> Iterator[Origin]:
        """The origins of a class by each of its bases and decorators, its own kind filled in."""
        for written in site.bases:
            absolute = self.absolute(module, written)
            if absolute.rpartition(".")[2] in _DECLARATIVE_CLASSES and absolute.startswith("sqlalchemy."):
                yield Origin("base", name)
            base = self.origin(module, written)
            if base is not None and base.kind in ("base", "model"):
                concrete = "table" in site.keywords if base.needs_table else not site.abstract
                yield replace(base, kind="model" if concrete else "base")
        for written in site.decorators:
            function, _, argument = written.partition("(")
            owner, _, method = function.rpartition(".")
            # `@registry.mapped`, or `@mapped_as_dataclass(registry)`
            registry = self.origin(module, owner) or self.origin(module, argument.rstrip(")"))
            if registry is not None and registry.kind == "registry":
                yield replace(registry, kind="base" if method == "as_declarative_base" else "model")
            elif method == "as_declarative":
                yield Origin("base", name)
        if "metaclass" in site.keywords and {"metadata", "registry"} & site.values.keys():
            yield Origin("base", name)
