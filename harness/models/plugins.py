"""Packages that the application loads as plug-ins: entry points of a group that its own text asks for."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from harness.models.sources import Source, walk_package

if TYPE_CHECKING:
    from harness.environment.inside import Inside

# What loads plug-ins speaks of one of these; a group's name alone, such as "flask.commands", could stand anywhere.
_LOADERS = (b"entry_points", b"entrypoints", b"stevedore")


def entry_points(inside: Inside) -> dict[str, list[str]]:
    """Inside: for each group of entry points that is installed, the modules that they name."""
    groups: dict[str, set[str]] = {}
    for distribution in importlib.metadata.distributions():
        for point in distribution.entry_points:
            groups.setdefault(point.group, set()).add(point.value.partition(":")[0].strip())
    return {group: sorted(modules) for group, modules in groups.items()}


def locate(inside: Inside, modules: list[str]) -> dict[str, list[str]]:
    """Inside, importing nothing: each module's top package with its folders, or single module with its file."""
    places = {}
    for top in {module.partition(".")[0] for module in modules}:
        spec = importlib.util.find_spec(top)
        if spec is not None and spec.submodule_search_locations is not None:
            places[top] = list(spec.submodule_search_locations)
        elif spec is not None and spec.origin is not None:
            places[top] = [spec.origin]
    return places


def groups_asked_for(sources: Iterable[Source], groups: Iterable[str]) -> set[str]:
    """Which of the groups some module's text names beside something that loads entry points."""
    asked = set()
    for source in sources:
        try:
            content = source.read()
        except OSError:
            continue  # the search has noted it as unreadable
        if any(loader in content for loader in _LOADERS):
            asked |= {group for group in groups if f'"{group}"'.encode() in content or f"'{group}'".encode() in content}
    return asked


def plugin_sources(places: Mapping[str, list[str]]) -> Iterator[Source]:
    """The modules of located plug-ins."""
    for name, folders in places.items():
        if len(folders) == 1 and folders[0].endswith(".py"):
            yield Source(name, folders[0])
        else:
            yield from walk_package(name, folders)
