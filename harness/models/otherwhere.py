"""Telling a second declarative base that was forgotten from one that describes another database on purpose."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from harness.environment import Project
from harness.models.names import Names
from harness.models.survey import Survey
from harness.models.syntax import ModuleSyntax, dotted
from harness.models.wiring import has_other_sections, other_environments

_ENGINES = frozenset({"create_engine", "create_async_engine"})


class OtherDatabases:
    """Whether a MetaData is another database's: its bind key, an `env.py`, a session's binds, or an engine says so."""

    def __init__(self, survey: Survey, project: Project) -> None:
        self._survey = survey
        self._names: Names = survey.scan.names
        self._project = project
        self._answers: dict[str, bool] = {}
        self._texts: list[ModuleSyntax] | None = None
        self._environments: list[ModuleSyntax] | None = None

    def holds(self, home: str | None) -> bool:
        """Whether the MetaData of that home is another database's."""
        if home is None:
            return False
        if home not in self._answers:
            self._answers[home] = (
                home.startswith("bind:")
                or self._survey.record.binds.get(home) is not None
                or self._has_own_environment(home)
                or self._is_bound_elsewhere(home)
                or self._has_own_engine(home)
            )
        return self._answers[home]

    def _places(self, home: str) -> set[str]:
        """The absolute names that stand for the MetaData of a home, or for what carries it."""
        known = {name for name, origin in self._survey.record.names.items() if origin.home == home}
        return known if home.startswith("#") else known | {home}

    def _has_own_environment(self, home: str) -> bool:
        if self._environments is None:
            wiring = self._survey.wiring
            self._environments = list(other_environments(self._project.directory, wiring.path))
            if has_other_sections(self._project):
                # One env.py for several databases speaks of them all, and passes the one that its section names.
                self._environments.append(wiring.syntax)
        modules = {
            claim.module for claims in self._survey.scan.claims.values() for claim in claims if claim.home == home
        }
        wanted = self._places(home) | modules
        return any(site.target in wanted for syntax in self._environments for site in syntax.imports)

    def _is_bound_elsewhere(self, home: str) -> bool:
        for syntax in self._mentioning():
            for keys in _bindings(syntax):
                by_home = {
                    origin.home: ast.dump(value)
                    for key, value in keys
                    if (origin := self._names.origin(syntax, dotted(key))) is not None
                }
                ours = {by_home[target] for target in self._survey.record.targets if target in by_home}
                if home in by_home and by_home[home] not in ours:
                    return True
        return False

    def _has_own_engine(self, home: str) -> bool:
        homes = {name.rpartition(".")[0] for name in self._places(home)}
        own: set[str] = set()
        others: set[str] = set()
        for syntax in self._mentioning():
            made = {
                ast.dump(call.args[0])
                for name, call, _ in syntax.calls
                if name.rpartition(".")[2] in _ENGINES and call.args
            }
            if syntax.module in homes and self._makes(syntax, home):
                own |= made
            else:
                others |= made
        return bool(own and others) and not own & others

    def _makes(self, syntax: ModuleSyntax, home: str) -> bool:
        """Whether a module makes that MetaData itself, and does not merely import it."""
        defined = {site.qualname for site in syntax.classes} | set(syntax.assigned)
        return any(f"{syntax.module}.{name}" in self._places(home) for name in defined)

    def _mentioning(self) -> list[ModuleSyntax]:
        """The modules that speak of engines or binds."""
        if self._texts is None:
            self._texts = []
            for module, source in self._names.sources.items():
                content = source.read()
                if b"create_engine" in content or b"create_async_engine" in content or b"binds" in content:
                    syntax = self._names.syntax(module)
                    if syntax is not None:
                        self._texts.append(syntax)
        return self._texts


def _bindings(syntax: ModuleSyntax) -> Iterator[list[tuple[ast.expr, ast.expr]]]:
    """The dictionaries given as `binds`, to a session or its maker."""
    values = [value for name, value in syntax.assigned.items() if "bind" in name.lower()]
    values += [part.value for _, call, _ in syntax.calls for part in call.keywords if part.arg == "binds"]
    for value in values:
        if isinstance(value, ast.Dict):
            yield [(key, item) for key, item in zip(value.keys, value.values, strict=True) if key is not None]
