"""Inside: what metadata `env.py` passes, which of the user's modules it loaded, and what is registered where.

Everything is read from objects that exist: nothing is configured, reflected or imported by it (`preload` apart).
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import Mapper, registry

from harness.environment.metadata import metadata_fault, metadata_in

if TYPE_CHECKING:
    from harness.environment.inside import Inside

_LIBRARY_FOLDERS = tuple(
    {os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")}
)
_OURS = str(Path(__file__).resolve().parent.parent) + os.sep


def record(
    inside: Inside, preload: Sequence[str] = (), packages: Sequence[str] = (), assume_target: Sequence[str] = ()
) -> dict[str, Any]:
    """What is there after `env.py` ran.

    Args:
        preload: modules that `env.py` imports only online, or would have imported had it not failed; imported first.
        packages: packages of the user's to locate besides those that are loaded.
        assume_target: absolute dotted names of the MetaData that `env.py` means to pass, if it failed before.

    Returns:
        What `harness.models.survey.Record` holds.
    """
    for name in preload:
        # What cannot be imported is missing from the record, and the judgement says so in its own words.
        with contextlib.suppress(Exception, SystemExit):
            importlib.import_module(name)
    gc.collect()
    found = _Found()
    targets = target_metadata(inside, assume_target)
    own = own_modules(inside)
    homes = {id(metadata): f"#{number}" for number, metadata in enumerate(found.metadatas.values())}
    return {
        "passed": bool(targets),
        "metadata_fault": _metadata_fault(inside),
        "targets": [homes[id(metadata)] for metadata in targets],
        "tables": {homes[key]: _tables(metadata) for key, metadata in found.metadatas.items()},
        "binds": {homes[key]: metadata.info.get("bind_key") for key, metadata in found.metadatas.items()},
        "models": [model for mapper in found.mappers if (model := _model(mapper, homes))],
        "names": _names(found, homes, own),
        "modules": {name: _path(file) for name, module in own.items() if (file := _attribute(module, "__file__"))},
        "packages": {**_packages(own), **{name: _locate(name) for name in packages}},
        "roots": _roots(inside, own),
        "script_directory": script_directory(inside),
        "version_locations": [str(inside.directory / str(path)) for path in inside.script._version_locations],
    }


def script_directory(inside: Inside) -> str:
    """The folder that `env.py` is in."""
    return os.path.realpath(inside.script.dir)


def target_metadata(inside: Inside, assume: Iterable[str] = ()) -> list[MetaData]:
    """The MetaData that `env.py` passed, or was about to pass when it failed.

    Args:
        assume: absolute dotted names that its text says it means to pass; used only if nothing better is known.
    """
    passed = [options.get("target_metadata") for options in inside.configured]
    if not inside.configured:
        passed = [inside.env_globals.get("target_metadata")]
        if passed == [None]:
            passed = [_named(name) for name in assume]
    return metadata_in(*passed)


def _metadata_fault(inside: Inside) -> tuple[str, str] | None:
    faults = (metadata_fault(options.get("target_metadata")) for options in inside.configured)
    return next((fault for fault in faults if fault is not None), None)


def own_modules(inside: Inside) -> dict[str, ModuleType]:
    """The loaded modules that are the user's own: not the standard library's, not an installed library's, not harness.

    A package that holds the migrations is the user's wherever it is installed.
    """
    script = script_directory(inside)
    own = {}
    for name, module in list(sys.modules.items()):
        places = _places(module)
        if not places or name == "__main__":
            continue
        top = sys.modules.get(name.partition(".")[0])
        holds_migrations = any(script.startswith(place + os.sep) for place in _package_folders(top))
        if any(place.startswith(_OURS) for place in places):
            continue
        if holds_migrations or not all(is_library(place) for place in places):
            own[name] = module
    return own


def own_files(inside: Inside) -> Callable[[str], bool]:
    """A function that tells whether a file's code is the user's own."""
    own = tuple(folder + os.sep for folders in _packages(own_modules(inside)).values() for folder in folders)

    def is_own(path: str) -> bool:
        if path.startswith(("<", _OURS)):
            return False
        return path.startswith(own) or not is_library(path)

    return is_own


def is_library(path: str) -> bool:
    """Whether a path belongs to the standard library or to an installed distribution."""
    real = os.path.realpath(path)
    return real.startswith(_LIBRARY_FOLDERS) or "site-packages" in real or "dist-packages" in real


class _Found:
    """Every MetaData, mapper, registry and class with a MetaData that this interpreter holds."""

    def __init__(self) -> None:
        self.metadatas: dict[int, MetaData] = {}
        self.mappers: list[Mapper[Any]] = []
        self.registries: list[registry] = []
        self.classes: dict[type, MetaData] = {}
        for thing in gc.get_objects():
            kind = type(thing)  # isinstance would ask the object itself, which may be a lazy proxy
            if issubclass(kind, MetaData):
                self.metadatas[id(thing)] = thing
            elif issubclass(kind, Mapper):
                self.mappers.append(thing)
            elif issubclass(kind, registry):
                self.registries.append(thing)
            elif issubclass(kind, type):
                metadata = _inherited(thing, "metadata")
                if type(metadata) is not type(None) and issubclass(type(metadata), MetaData):
                    self.classes[thing] = metadata
        for reachable in (*self.classes.values(), *(one.metadata for one in self.registries)):
            self.metadatas[id(reachable)] = reachable


def _inherited(kind: type, name: str) -> Any:
    # Through the dictionaries: getattr would run descriptors and metaclasses of the user's.
    return next((vars(parent)[name] for parent in type.__dict__["__mro__"].__get__(kind) if name in vars(parent)), None)


def _tables(metadata: MetaData) -> dict[str, dict[str, Any]]:
    return {key: {"columns": [column.name for column in table.columns]} for key, table in metadata.tables.items()}


def _model(mapper: Mapper[Any], homes: dict[int, str]) -> dict[str, Any] | None:
    table = mapper.local_table
    key = table.key if isinstance(table, Table) else None
    home = homes.get(id(table.metadata)) if isinstance(table, Table) else None
    kind = mapper.class_
    return {"module": kind.__module__, "name": kind.__qualname__, "table": key, "home": home}


def _names(found: _Found, homes: dict[int, str], own: dict[str, ModuleType]) -> dict[str, dict[str, Any]]:
    """What is known of names in loaded modules, by absolute dotted name."""
    meanings: dict[int, dict[str, Any]] = {}
    for key in found.metadatas:
        meanings[key] = {"kind": "metadata", "home": homes[key]}
    for one in found.registries:
        meanings[id(one)] = {"kind": "registry", "home": homes[id(one.metadata)]}
    mapped = {id(mapper.class_) for mapper in found.mappers}
    names: dict[str, dict[str, Any]] = {}
    for kind, metadata in found.classes.items():
        ancestors = {f"{_top(parent)}.{parent.__name__}" for parent in kind.__mro__}
        from_name = "lower" if "sqlmodel.SQLModel" in ancestors else ""
        from_name = "snake" if "flask_sqlalchemy.Model" in ancestors else from_name
        meanings[id(kind)] = {
            "kind": "model" if id(kind) in mapped else "base",
            "home": homes[id(metadata)],
            "needs_table": "sqlmodel.SQLModel" in ancestors,
            "table_from_name": from_name,
        }
        names[f"{kind.__module__}.{kind.__qualname__}"] = meanings[id(kind)]
    for module_name, module in list(sys.modules.items()):
        for attribute, value in list(vars(module).items() if isinstance(module, ModuleType) else ()):
            meaning = meanings.get(id(value))
            if meaning is None and module_name in own:
                meaning = _flask_database(value, homes)
            if meaning is not None:
                names[f"{module_name}.{attribute}"] = meaning
    return names


def _flask_database(value: Any, homes: dict[int, str]) -> dict[str, Any] | None:
    if "flask_sqlalchemy" not in map(_top, type(value).__mro__):
        return None
    metadata = getattr(value, "metadata", None)
    if not isinstance(metadata, MetaData) or id(metadata) not in homes:
        return None
    return {"kind": "database", "home": homes[id(metadata)], "table_from_name": "snake"}


def _named(name: str) -> Any:
    """What a dotted name leads to from a module that is loaded; None if it leads nowhere."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        value: Any = sys.modules.get(".".join(parts[:end]))
        if value is not None:
            for part in parts[end:]:
                value = getattr(value, part, None)
            return value
    return None


def _path(path: Any) -> str:
    # Not resolved: a folder that is a link is known to the user by the link's name.
    return os.path.normpath(Path(path).absolute())


def _top(kind: type) -> str:
    return str(kind.__module__).partition(".")[0]


def _places(module: Any) -> list[str]:
    file = _attribute(module, "__file__")
    return [_path(file)] if file else _package_folders(module)


def _package_folders(module: Any) -> list[str]:
    try:
        return [_path(folder) for folder in _attribute(module, "__path__") or ()]
    except Exception:  # a lazy module's __path__ may be anything; such a one has no files of the user's
        return []


def _attribute(module: Any, name: str) -> Any:
    # What stands in sys.modules need not be a module, and asking a lazy one for an attribute may import half a library.
    return getattr(module, "__dict__", {}).get(name)


def _packages(own: dict[str, ModuleType]) -> dict[str, list[str]]:
    return {
        name: _package_folders(module) for name, module in own.items() if "." not in name and _package_folders(module)
    }


def _locate(package: str) -> list[str] | None:
    """The folders of a package that need not be loaded; None if there is none."""
    top, *rest = package.split(".")
    loaded = sys.modules.get(top)
    folders = _package_folders(loaded)
    if loaded is None:
        spec = importlib.util.find_spec(top)
        folders = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = [str(Path(folder, *rest)) for folder in folders]
    return folders or None


def _roots(inside: Inside, own: dict[str, ModuleType]) -> list[str]:
    """The entries of `sys.path` from which the user's own modules come, or could come."""
    tops = [module for name, module in own.items() if "." not in name]
    used = {str(Path(place).parent) for top in tops for place in (_package_folders(top) or _places(top))}
    here = str(inside.directory)
    roots = {_path(inside.directory / entry) for entry in sys.path}
    return sorted(
        root for root in roots if (root in used or (root + os.sep).startswith(here + os.sep)) and not is_library(root)
    )
