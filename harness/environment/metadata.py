"""Inside: the MetaData that `env.py` passes as `target_metadata`, and what it passes in its place by mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData


def metadata_in(*passed: Any) -> list[MetaData]:
    """Every MetaData in some values of `target_metadata`, in order, each once; what is none is left out.

    A value is a MetaData or a collection of them; Alembic's template for several databases has one a name.
    """
    unique = {id(one): one for value in passed for one in _several(value) if isinstance(one, MetaData)}
    return list(unique.values())


def metadata_fault(passed: Any) -> tuple[str, str] | None:
    """What `context.configure` was given that is no MetaData, in words, and how to correct it; None if all is well.

    Alembic does not look at it before autogenerate does, so such an `env.py` migrates well.
    """
    if isinstance(passed, Mapping):
        return "a dictionary", "Pass a list: target_metadata = [*target_metadata.values()]."
    for one in _several(passed):
        if one is None or isinstance(one, MetaData):
            continue
        holds_one = isinstance(getattr(one, "metadata", None), MetaData)
        owner = one.__name__ if holds_one and isinstance(one, (type, ModuleType)) else "Base"
        return _described(one), f"Pass the MetaData: target_metadata = {owner}.metadata."
    return None


def _described(one: Any) -> str:
    if isinstance(one, type):
        return f"the class {one.__name__}"
    if isinstance(one, ModuleType):
        return f"the module {one.__name__}"
    return f"an object of the class {type(one).__name__}"


def _several(passed: Any) -> Collection[Any]:
    if isinstance(passed, Mapping):
        return passed.values()
    # As alembic.util.to_list takes it, but for what can be gone through only once.
    return passed if isinstance(passed, Collection) and not isinstance(passed, str) else [passed]
