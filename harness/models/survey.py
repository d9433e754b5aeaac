"""Outside: what `env.py` sees, what the packages' files say, and what importing the difference registers.

One interpreter runs `env.py` and tells what it has; then the files are searched without importing; then only those
modules that seem to hold models, and that `env.py` has not loaded, are imported there, one by one.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.environment import EnvironmentRun, Project, RunFailed
from harness.findings import UsageError, VerdictError
from harness.models.names import Names, Origin
from harness.models.plugins import groups_asked_for, plugin_sources
from harness.models.scan import Scan, scan
from harness.models.sources import Source, walk_package, walk_root
from harness.models.wiring import Wiring, read_wiring

_RECORD = "harness.models.record:record"
_LOAD = "harness.models.load:load"
_EXCLUDED = "harness.models.load:excluded_by_name"


@dataclass(frozen=True)
class Record:
    """What the inside had after `env.py` ran; homes (`#n`) name its MetaData.

    Attributes:
        passed: whether `env.py` passes any MetaData.
        metadata_fault: see `Configured`.
        targets: the homes that `env.py` passes.
        tables: by home and key, each table's columns.
        binds: by home, the bind key that Flask-SQLAlchemy gave it.
        models: every mapped class: module, name, table, home.
        names: what names in loaded modules stand for.
        modules: the user's own loaded modules, with their files.
        packages: the user's own packages, with their folders; None for one that does not exist.
        roots: the entries of `sys.path` that the user's modules come from.
    """

    passed: bool
    metadata_fault: tuple[str, str] | None
    targets: tuple[str, ...]
    tables: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]]
    binds: Mapping[str, str | None]
    models: tuple[Mapping[str, Any], ...]
    names: Mapping[str, Origin]
    modules: Mapping[str, str]
    packages: Mapping[str, Sequence[str] | None]
    roots: tuple[str, ...]
    script_directory: str
    version_locations: tuple[str, ...]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Record:
        names = {name: Origin(**origin) for name, origin in data["names"].items()}
        fault = data["metadata_fault"]
        several = ("targets", "models", "roots", "version_locations")
        made = {"names": names, "metadata_fault": None if fault is None else tuple(fault)}
        return cls(**{**data, **made, **{key: tuple(data[key]) for key in several}})

    @property
    def target_tables(self) -> frozenset[str]:
        """The keys of every table that `env.py` passes."""
        return frozenset(key for home in self.targets for key in self.tables[home])


@dataclass(frozen=True)
class Loaded:
    """What importing one module registered, and the exception if it raised.

    Attributes:
        order: what was imported, in order, when the module itself cannot come first.
    """

    failure: Mapping[str, Any] | None = None
    tables: tuple[Mapping[str, Any], ...] = ()
    models: tuple[Mapping[str, Any], ...] = ()
    grown: tuple[Mapping[str, Any], ...] = ()
    order: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any], order: Sequence[str]) -> Loaded:
        return cls(data["failure"], tuple(data["tables"]), tuple(data["models"]), tuple(data["grown"]), tuple(order))


@dataclass(frozen=True)
class Survey:
    """Everything that the judgement needs.

    Attributes:
        loaded: by module, what importing it did; only for modules that `env.py` had not loaded.
        excluded: the tables (schema, name) that are known by text only, and that the filters of `env.py` leave out.
        wiring: what `env.py` itself says.
        failure: the exception that ended `env.py`, in words; None if it ran to its end.
    """

    record: Record
    scan: Scan
    loaded: Mapping[str, Loaded]
    excluded: frozenset[tuple[str | None, str]]
    wiring: Wiring
    ignore_modules: tuple[str, ...] = ()
    failure: str | None = None


def survey(
    project: Project,
    *,
    model_packages: Sequence[str] = (),
    ignore_modules: Sequence[str] = (),
    timeout: float = 300.0,
) -> Survey:
    """Find out what `env.py` sees, and what it does not.

    Args:
        model_packages: packages to search besides those that `env.py` loads from.
        ignore_modules: globs of modules to leave alone.
        timeout: seconds that `env.py` may take.

    Raises:
        UsageError: a package of `model_packages` does not exist.
        VerdictError: the interpreter could not be used.
    """
    with _Importer(project, timeout) as importer:
        failure = importer.run.failure
        wiring = importer.read_wiring()
        preload = [*wiring.online_imports, *(wiring.imports if failure else ())]
        importer.preload = (preload, list(model_packages), list(wiring.targets))
        record = importer.record()
        for package in model_packages:
            if record.packages.get(package) is None:
                raise UsageError(
                    f"model-packages names {package!r}, but there is no such package.",
                    "Name it as it is imported, and see that env.py's sys.path holds it (prepend_sys_path).",
                )
        sources = {source.module: source for source in _sources(record)}
        for source in importer.plugins(list(sources.values())):
            sources.setdefault(source.module, source)
        names = Names(sources, record.names)

        def leave_out(module: str) -> bool:
            return any(fnmatch.fnmatchcase(module, pattern) for pattern in ignore_modules)

        found = scan(sources.values(), names, leave_out)
        loaded_files = {str(Path(path).resolve()) for path in record.modules.values()}
        candidates = [
            module
            for module, claims in found.claims.items()
            if module not in record.modules and str(Path(claims[0].path).resolve()) not in loaded_files
            if any(claim.scope.kind != "main" for claim in claims)
            if _concerns_us(module, found, record, model_packages)
        ]
        loaded = {module: importer.load(module, found) for module in candidates}
        known = {(claim.schema, claim.table) for claims in found.claims.values() for claim in claims if claim.table}
        excluded = importer.excluded([(schema, name) for schema, name in known if name])
    text = None if failure is None else f"{failure.kind}: {failure.message}"
    return Survey(record, found, loaded, excluded, wiring, tuple(ignore_modules), text)


def _concerns_us(module: str, found: Scan, record: Record, model_packages: Sequence[str]) -> bool:
    """Whether a module is to be imported: a package that env.py uses none of must speak of env.py's MetaData itself."""
    top = module.partition(".")[0]
    if top in record.packages or any((module + ".").startswith(package + ".") for package in model_packages):
        return True
    return not record.target_tables or any(claim.home in record.targets for claim in found.claims[module])


def _sources(record: Record) -> Iterator[Source]:
    """The modules to search, each file once, under the name that it was or would be imported by."""
    leave_out = (record.script_directory, *record.version_locations)
    seen: set[str] = set()

    def every() -> Iterator[Source]:
        for name, path in record.modules.items():
            if path.endswith(".py") and Path(path).is_file():
                yield Source(name, path, Path(path).name == "__init__.py")
        for name, folders in record.packages.items():
            yield from walk_package(name, folders or (), leave_out)
        for root in record.roots:
            yield from walk_root(root, leave_out)

    for source in every():
        if source.path not in seen:
            seen.add(source.path)
            yield source


class _Importer:
    """The interpreter in which `env.py` has run and modules are imported: a new one when the last may be spoilt."""

    def __init__(self, project: Project, timeout: float) -> None:
        self._project = project
        self._timeout = timeout
        self.run = EnvironmentRun.inspect(project, timeout=timeout)
        self._spoilt = False
        self.preload: tuple[list[str], list[str], list[str]] = ([], [], [])

    def __enter__(self) -> _Importer:
        return self

    def __exit__(self, *_: object) -> None:
        self.run.close(grace=0)

    def read_wiring(self) -> Wiring:
        """What the text of `env.py` says."""
        script_directory = self.run.call("harness.models.record:script_directory")
        return read_wiring(Path(script_directory) / "env.py")

    def record(self) -> Record:
        """What this interpreter has now."""
        preload, packages, targets = self.preload
        return Record.from_json(self.run.call(_RECORD, preload=preload, packages=packages, assume_target=targets))

    def plugins(self, sources: Iterable[Source]) -> Iterator[Source]:
        """The modules of the packages that the sources load by entry points."""
        groups: dict[str, list[str]] = self.run.call("harness.models.plugins:entry_points")
        asked = groups_asked_for(sources, groups)
        modules = sorted({module for group in asked for module in groups[group]})
        yield from plugin_sources(self.run.call("harness.models.plugins:locate", modules=modules)) if modules else ()

    def excluded(self, tables: list[tuple[str | None, str]]) -> frozenset[tuple[str | None, str]]:
        """Those of the tables that the filters of `env.py` leave out."""
        self._renew()
        answers = self.run.call(_EXCLUDED, tables=tables)
        return frozenset(table for table, refused in zip(tables, answers, strict=True) if refused)

    def load(self, module: str, found: Scan) -> Loaded:
        """Import one module; when it fails in a circle of imports, enter the circle at its other members."""
        loaded = self._load([module])
        if loaded.failure is None or "circular import" not in str(loaded.failure["message"]):
            return loaded
        syntax = found.names.syntax(module)
        for site in syntax.imports if syntax is not None else ():
            for other in (site.target, site.package):
                if other in found.names.sources and other != module:
                    self._spoilt = True
                    again = self._load([other, module])
                    if again.failure is None:
                        return again
        return loaded

    def _load(self, modules: list[str]) -> Loaded:
        self._renew()
        try:
            answer = self.run.call(_LOAD, modules=modules, assume_target=self.preload[2])
            loaded = Loaded.from_json(answer, modules)
        except RunFailed:
            raise
        except VerdictError as error:
            self._spoilt = True
            return Loaded({"module": modules[-1], "kind": None, "message": error.message, "detail": error.detail})
        # A module that failed half-way may have left tables behind, which would be in the way of the next.
        self._spoilt = loaded.failure is not None and bool(loaded.tables or loaded.models or len(modules) > 1)
        return loaded

    def _renew(self) -> None:
        if self._spoilt:
            self.run.close(grace=0)
            self.run = EnvironmentRun.inspect(self._project, timeout=self._timeout)
            self.record()
            self._spoilt = False
