"""Static search: which modules hold models, by their text alone; a module that cannot be imported counts too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from harness.models.names import Names, Origin
from harness.models.sources import Source, is_beside_the_application
from harness.models.syntax import ClassSite, ModuleSyntax, Scope, TableSite, dotted

# A file without any of these, and without a class of a known base, holds no model and is not parsed. Plain substrings
# first: they cost a tenth of what one expression of them all does.
_TRACES = (
    b"__tablename__",
    b"__table__",
    b"map_imperatively",
    b"map_declaratively",
    b"declarative_base",
    b"DeclarativeBase",
    b".mapped",
    b"mapped_as_dataclass",
    b"as_declarative",
    b".Model",
    b"generate_base",
)
_CALLS = re.compile(rb"\b(?:Table|registry)\s*\(|\btable\s*=\s*True|\btype\(\s*[\"']")
_CALL_WORDS = (b"Table", b"registry", b"True", b"type(")
_CLASS_HEADER = re.compile(rb"^[ \t]*class\s+\w+\s*\(([^)]*)\)", re.MULTILINE)
_WORD = re.compile(rb"\w+")
_ALIAS = re.compile(rb"\b(\w+)\s+as\s+(\w+)")


@dataclass(frozen=True)
class Claim:
    """A place in the text that says it makes a table, or adds to one.

    Attributes:
        name: the class's qualified name, or the variable that holds a Core table; None if it has none.
        is_class: whether a class statement stands there.
        table: the table's name; None if the text does not say it.
        home: the MetaData it goes to (see `Origin.home`); None if that cannot be told from the text.
        inherits: a class without a table of its own, of a parent that has one: its columns go to the parent's table.
    """

    module: str
    path: str
    name: str | None
    is_class: bool
    table: str | None
    schema: str | None
    line: int
    end_line: int
    scope: Scope
    home: str | None
    inherits: bool = False

    @property
    def key(self) -> str | None:
        """The table's key in its MetaData, as far as it is known."""
        return self.table if self.table is None or self.schema is None else f"{self.schema}.{self.table}"


@dataclass(frozen=True)
class Scan:
    """What the search found: the claims by module, and the names with which more can be asked of the same text."""

    claims: dict[str, tuple[Claim, ...]]
    names: Names


def scan(sources: Iterable[Source], names: Names, leave_out: Callable[[str], bool] = lambda _: False) -> Scan:
    """Search modules for models.

    Args:
        sources: the modules to search.
        names: resolves names; what the inside found is known to it.
        leave_out: whether a module, by name, is none of our business.
    """
    claims: dict[str, tuple[Claim, ...]] = {}
    bases = {name.rpartition(".")[2].encode() for name, origin in names.known.items() if origin.kind != "metadata"}
    waiting: dict[str, tuple[bool, frozenset[bytes]]] = {}
    for source in sources:
        if leave_out(source.module):
            continue
        try:
            content = source.read()
        except OSError as error:
            names.unreadable[source.module] = f"{type(error).__name__}: {error}"
            continue
        if not is_beside_the_application(source, content):
            waiting[source.module] = _traits(content)
    while True:
        likely = [module for module, (traces, words) in waiting.items() if traces or not words.isdisjoint(bases)]
        if not likely:
            return Scan(claims, names)
        for module in likely:
            del waiting[module]
            syntax = names.syntax(module)
            if syntax is None:
                continue
            if found := tuple(_claims(syntax, names)):
                claims[module] = found
            # A base or model found here may be the parent of classes in files that looked innocent until now.
            made = (site.qualname for site in syntax.classes if names.class_origin(syntax, site) is not None)
            assigned = (
                name for name, value in syntax.assigned.items() if names.value_origin(syntax, value, name) is not None
            )
            bases |= {name.encode() for name in (*made, *assigned)}


def _traits(content: bytes) -> tuple[bool, frozenset[bytes]]:
    """Whether a file bears a trace of SQLAlchemy's, and the words in the bases of its classes."""
    if any(trace in content for trace in _TRACES):
        return True, frozenset()
    if any(word in content for word in _CALL_WORDS) and _CALLS.search(content):
        return True, frozenset()
    words = {word for header in _CLASS_HEADER.findall(content) for word in _WORD.findall(header)}
    if words and b" as " in content:
        words |= {original for original, alias in _ALIAS.findall(content) if alias in words}
    return False, frozenset(words)


def _claims(syntax: ModuleSyntax, names: Names) -> Iterator[Claim]:
    for site in syntax.classes:
        claim = _class_claim(syntax, site, names)
        if claim is not None:
            yield claim
    yield from _declared_by_call(syntax, names)
    for table in syntax.tables:
        origin = names.origin(syntax, table.metadata)
        if table.name is None or not table.metadata or not _makes_tables(syntax, table, names):
            continue
        yield Claim(
            syntax.module,
            syntax.path,
            table.variable,
            False,
            table.name,
            table.schema,
            table.line,
            table.end_line,
            table.scope,
            origin.home if origin else None,
        )
    for name, value in syntax.assigned.items():
        origin = names.value_origin(syntax, value, f"{syntax.module}.{name}")
        if origin is not None and origin.kind == "model" and not hasattr(value, "id") and not hasattr(value, "attr"):
            end = value.end_lineno or value.lineno
            yield Claim(syntax.module, syntax.path, name, True, None, None, value.lineno, end, Scope(), origin.home)


def _declared_by_call(syntax: ModuleSyntax, names: Names) -> Iterator[Claim]:
    """Classes given to `registry.map_declaratively(…)`."""
    for function, call, scope in syntax.calls:
        owner, _, method = function.rpartition(".")
        origin = names.origin(syntax, owner) if method == "map_declaratively" and call.args else None
        for site in syntax.classes if origin is not None else ():
            if origin is not None and site.qualname == dotted(call.args[0]):
                yield Claim(
                    syntax.module,
                    syntax.path,
                    site.qualname,
                    True,
                    (site.table.name if site.table else None) or site.literal("__tablename__"),
                    site.table.schema if site.table else site.schema,
                    site.line,
                    site.end_line,
                    scope.within(site.scope),
                    origin.home,
                )


def _makes_tables(syntax: ModuleSyntax, table: TableSite, names: Names) -> bool:
    """Whether what is called `Table` is SQLAlchemy's, and not, say, a console table of another library."""
    owner = table.function.rpartition(".")[0]
    if owner and (origin := names.origin(syntax, owner)) is not None:
        return origin.kind == "database"
    return names.absolute(syntax, table.function).partition(".")[0] in ("sqlalchemy", "sqlmodel", "Table")


def _class_claim(syntax: ModuleSyntax, site: ClassSite, names: Names) -> Claim | None:
    origin = names.class_origin(syntax, site)
    if origin is None and not (site.declares_tablename and site.bases):
        return None  # a class without bases is a mixin at most
    if site.abstract or (origin is not None and origin.kind != "model"):
        return None
    table = (site.table.name if site.table else None) or site.literal("__tablename__")
    schema = site.table.schema if site.table else site.schema
    inherits = False
    if table is None and origin is not None and not site.declares_tablename:
        inherits = _has_parent_model(syntax, site, names)
        table = None if inherits else _implied_table(site.qualname, origin)
    home = origin.home if origin else None
    return Claim(
        syntax.module,
        syntax.path,
        site.qualname,
        True,
        table,
        schema,
        site.line,
        site.end_line,
        site.scope,
        home,
        inherits,
    )


def _has_parent_model(syntax: ModuleSyntax, site: ClassSite, names: Names) -> bool:
    origins = (names.origin(syntax, written) for written in site.bases)
    return any(origin is not None and origin.kind == "model" and not origin.needs_table for origin in origins)


def _implied_table(qualname: str, origin: Origin) -> str | None:
    name = qualname.rpartition(".")[2]
    if origin.table_from_name == "lower":
        return name.lower()
    if origin.table_from_name == "snake":
        # Flask-SQLAlchemy's camel_to_snake_case: https://flask-sqlalchemy.readthedocs.io/en/stable/models/
        name = re.sub(r"((?<=[a-z0-9])[A-Z]|(?!^)[A-Z](?=[a-z]))", r"_\1", name)
        return name.lower().lstrip("_")
    return None
