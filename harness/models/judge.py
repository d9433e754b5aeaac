"""The judgement: which tables of the user's models `env.py` does not see, and why."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.environment import Project
from harness.models.faults import Fault, FaultKind, Place, fault_at, fault_of
from harness.models.otherwhere import OtherDatabases
from harness.models.scan import Claim
from harness.models.survey import Survey
from harness.models.syntax import ImportSite

_TABLE_NAME = re.compile(rb"__tablename__\s*=\s*[\"']([^\"'\n]+)[\"']")


def judge(survey: Survey, project: Project) -> list[Fault]:
    """Every fault, in the order of files and lines."""
    faults = _Judge(survey, project).faults()
    unique = {(fault.path, fault.line, fault.name, fault.table): fault for fault in faults}
    return sorted(unique.values(), key=lambda fault: (fault.path, fault.line))


class _Judge:
    def __init__(self, survey: Survey, project: Project) -> None:
        self._survey = survey
        self._record = survey.record
        self._claims = survey.scan.claims
        imported = [table for one in survey.loaded.values() if one.failure is None for table in one.tables]
        registered = {table["key"] for table in imported if table["target"]}
        # What env.py passes, or would pass with the imports that are missing.
        self._targets = survey.record.target_tables | registered
        self._directory = project.directory
        self._others = OtherDatabases(survey, project)
        self._sites = _unexecuted_imports(survey)

    def faults(self) -> Iterator[Fault]:
        yield from self._registered_by_import()
        for module, claims in self._claims.items():
            if module in self._survey.loaded:
                failure = self._survey.loaded[module].failure
                if failure is not None:
                    yield from self._unimportable(claims, failure)
                else:
                    yield from self._unregistered(claims, loaded=False)
            else:
                yield from self._seen(claims)
        yield from self._unreadable()
        if self._survey.failure is not None:
            yield from self._promised()

    def _registered_by_import(self) -> Iterator[Fault]:
        """What came to be when a module was imported that `env.py` does not import."""
        for module, loaded in self._survey.loaded.items():
            for table in loaded.tables:
                # Without a place a library did it all, on behalf of the module.
                place = self._place(table["places"]) or (module, self._claims[module][0].path, 1)
                if loaded.failure is not None or self._ignored(place[0]):
                    continue
                names = {model["name"] for model in loaded.models if model["table"] == table["key"]}
                claim = self._claim(place, names, table["name"])
                imports = loaded.order if place[0] in (module, *loaded.order) else (place[0],)
                if table["target"]:
                    if not table["excluded"]:
                        yield self._missing(place, claim, names, table, imports)
                elif (
                    not table["is_a_librarys"]
                    and self._is_ours(place)
                    and self._is_stray(table, claim.home if claim is not None else None)
                ):
                    yield self._other_base(place, claim, names, table, imports)
            for grown in loaded.grown if loaded.failure is None else ():
                yield from self._grown(module, grown, loaded.models, loaded.order)

    def _missing(
        self,
        place: Place,
        claim: Claim | None,
        names: set[str],
        table: Mapping[str, Any],
        imports: tuple[str, ...],
    ) -> Fault:
        site = self._sites.get(place[0])
        only_checked = site is not None and site[1].scope.kind == "type-checking"
        return fault_at(
            "type-checking-only" if only_checked else "missing", place, claim, names, table, imports=imports, site=site
        )

    def _other_base(
        self,
        place: Place,
        claim: Claim | None,
        names: set[str],
        table: Mapping[str, Any],
        imports: tuple[str, ...],
    ) -> Fault:
        return fault_at("other-base", place, claim, names, table, imports=imports, sure=not self._targets)

    def _grown(
        self, module: str, grown: Mapping[str, Any], models: tuple[Mapping[str, Any], ...], order: tuple[str, ...]
    ) -> Iterator[Fault]:
        """A class without a table of its own gave columns to its parent's."""
        for model in models:
            if model["table"] != grown["table"] or self._ignored(model["module"]):
                continue
            claim = next((one for one in self._claims.get(model["module"], ()) if one.name == model["name"]), None)
            if claim is not None:
                imports = order if model["module"] == module else (model["module"],)
                place = (claim.module, claim.path, claim.line)
                table = {"name": grown["table"].rpartition(".")[2], "schema": grown["table"].rpartition(".")[0] or None}
                columns = tuple(grown["columns"])
                site = self._sites.get(claim.module)
                yield fault_at("missing", place, claim, set(), table, imports=imports, columns=columns, site=site)

    def _unimportable(self, claims: tuple[Claim, ...], failure: Mapping[str, Any]) -> Iterator[Fault]:
        for claim in claims:
            if claim.scope.kind in ("function", "main", "type-checking") or self._is_excluded(claim):
                continue
            if claim.home is not None and claim.home not in self._record.targets and self._targets:
                continue
            if claim.key is not None and claim.key in self._targets:
                continue
            sure = claim.home in self._record.targets
            yield fault_of("unimportable", claim, error=failure, sure=sure)

    def _seen(self, claims: tuple[Claim, ...]) -> Iterator[Fault]:
        """The claims of a module that `env.py` has loaded."""
        for claim in claims:
            home, key = self._registration(claim)
            if home is None:
                yield from self._unregistered((claim,), loaded=True)
            elif not home or home in self._record.targets or key in self._targets or self._is_excluded(claim):
                continue
            elif self._is_ours((claim.module, claim.path, claim.line)) and not self._others.holds(home):
                yield fault_of("other-base", claim, loaded=True)

    def _registration(self, claim: Claim) -> tuple[str | None, str | None]:
        """The MetaData and the key under which what a claim makes is registered.

        None if it is not registered; an empty home if it is mapped to something that is no table, such as a join.
        """
        for model in self._record.models:
            if claim.is_class and model["module"] == claim.module and model["name"] == claim.name:
                return model["home"] or "", model["table"]
        if claim.key is not None:
            homes = [home for home, tables in self._record.tables.items() if self._in(claim, tables)]
            homes.sort(key=lambda home: home not in self._record.targets)
            if claim.home in homes:
                return claim.home, claim.key
            return (homes[0], claim.key) if homes and claim.home is None else (None, claim.key)
        return None, None

    @staticmethod
    def _in(claim: Claim, tables: Mapping[str, Any]) -> bool:
        # A MetaData may have a default schema, which the text of the table does not show.
        return claim.key in tables or (claim.schema is None and any(key.endswith(f".{claim.table}") for key in tables))

    def _unregistered(self, claims: tuple[Claim, ...], *, loaded: bool) -> Iterator[Fault]:
        """Models that stand in a function, or under a condition, so that importing their module does not make them."""
        for claim in claims:
            if claim.scope.kind not in ("function", "condition", "type-checking") or claim.key is None:
                continue
            if claim.home not in self._record.targets or self._is_excluded(claim):
                continue
            if any(self._in(claim, self._record.tables[home]) for home in self._record.targets):
                continue
            if any(table["key"] == claim.key for one in self._survey.loaded.values() for table in one.tables):
                continue
            kind: FaultKind = "type-checking-only" if claim.scope.kind == "type-checking" else "missing"
            # A dialect's variant, or a temporary table made by a helper, may well be meant as it is.
            sure = "env" in claim.scope.name if claim.scope.kind == "condition" else claim.is_class
            yield fault_of(kind, claim, loaded=loaded, sure=sure)

    def _promised(self) -> Iterator[Fault]:
        """Models that a package names in its `__all__` and does not import, so that importing `*` from it raises."""
        for module in self._record.modules:
            syntax = self._survey.scan.names.syntax(module)
            if syntax is None or syntax.exports is None or any(site.star for site in syntax.imports):
                continue
            bound = {site.local for site in syntax.imports} | set(syntax.assigned)
            bound |= {site.qualname for site in syntax.classes}
            for name in sorted(set(syntax.exports) - bound):
                claims = (
                    one for below in self._claims if below.startswith(f"{module}.") for one in self._claims[below]
                )
                for claim in claims:
                    if claim.name == name and claim.is_class:
                        yield fault_of("missing", claim, loaded=True, promised_by=syntax.path)

    def _unreadable(self) -> Iterator[Fault]:
        """Modules that are no Python, but speak of tables that `env.py` does not see."""
        for module, error in self._survey.scan.names.unreadable.items():
            source = self._survey.scan.names.sources[module]
            content = source.read() if Path(source.path).is_file() else b""
            for match in _TABLE_NAME.finditer(content):
                table = match[1].decode(errors="replace")
                if table in self._targets or self._ignored(module):
                    continue
                line = content.count(b"\n", 0, match.start()) + 1
                kind, _, message = error.partition(": ")
                failure = {"kind": kind, "message": message, "path": None, "line": None}
                yield Fault(
                    "unimportable", module, source.path, line, line, None, True, table, error=failure, sure=False
                )

    def _is_stray(self, table: Mapping[str, Any], home: str | None) -> bool:
        """Whether a table on a MetaData that `env.py` does not pass is neither a copy nor another database's."""
        return table["bind"] is None and table["key"] not in self._targets and not self._others.holds(home)

    def _is_ours(self, place: Place) -> bool:
        """Whether a second base there can be a mistake made in this project, and not a matter of a shared library's."""
        top = place[0].partition(".")[0]
        seen = {
            model["module"].partition(".")[0] for model in self._record.models if model["home"] in self._record.targets
        }
        return top in seen or Path(place[1]).resolve().is_relative_to(self._directory)

    def _is_excluded(self, claim: Claim) -> bool:
        return claim.table is not None and (claim.schema, claim.table) in self._survey.excluded

    def _ignored(self, module: str) -> bool:
        return any(fnmatch.fnmatchcase(module, pattern) for pattern in self._survey.ignore_modules)

    def _place(self, places: list[Place]) -> Place | None:
        """Of the user's statements that were being executed, the one to show: not a helper that was there before."""
        new = [place for place in places if place[0] not in self._record.modules]
        chosen = (new or places)[:1]
        return (chosen[0][0], chosen[0][1], chosen[0][2]) if chosen else None

    def _claim(self, place: Place, names: set[str], table: str) -> Claim | None:
        claims = self._claims.get(place[0], ())
        for fits in (
            lambda claim: claim.is_class and claim.name in names and claim.table in (None, table),
            lambda claim: claim.table == table,
            lambda claim: claim.line <= place[2] <= claim.end_line,
        ):
            found = next(filter(fits, claims), None)
            if found is not None:
                return found
        return None


def _unexecuted_imports(survey: Survey) -> dict[str, tuple[str, ImportSite]]:
    """For modules that were not loaded: the import statement that would have loaded them, had it been executed."""
    found: dict[str, tuple[str, ImportSite]] = {}
    wanted = set(survey.loaded)
    names = survey.scan.names
    texts = [survey.wiring.syntax]
    last = {module.rpartition(".")[2].encode() for module in wanted}
    for module in survey.record.modules if wanted else ():
        source = names.sources.get(module)
        if source is not None:
            content = source.read()
            if any(word in content for word in last) and (syntax := names.syntax(module)) is not None:
                texts.append(syntax)
    for syntax in texts:
        for site in syntax.imports:
            if site.scope.kind in ("module", "main"):
                continue
            for module in (site.target, site.package):
                if module in wanted:
                    found.setdefault(module, (syntax.path, site))
    return found
