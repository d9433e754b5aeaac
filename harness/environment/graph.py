"""Inside: the revision files of a project, read so that one bad file does not hide the others."""

from __future__ import annotations

import io
import os
import re
import tokenize
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from harness.environment.malformed import line_of, problem_of, revision_id, source_of
from harness.environment.records import History, RevisionInfo, UnloadableRevision, to_json

if TYPE_CHECKING:
    from harness.environment.inside import Inside

# Which files Alembic takes for revisions: alembic/script/base.py, `_only_source_rev_file`; and which others with
# `sourceless = true`, `_sourceless_rev_file`.
_REVISION_FILE = re.compile(r"(?!\.\#|__init__)(.*\.py)$")
_COMPILED_FILE = re.compile(r"(?!\.\#|__init__)(.*\.py)c$")
_CACHE = "__pycache__"

# The dash may be any that people type.
_IRREVERSIBLE = re.compile(r"#\s*harness:\s*irreversible\b[\s:–—-]*(?P<reason>.*)")


def read_history(inside: Inside) -> dict[str, Any]:
    """Every revision file of the project, as `History`; called after `env.py` ran, which may set the locations
    itself.
    """
    from alembic.util import load_python_file

    revisions: list[RevisionInfo] = []
    unloadable: list[UnloadableRevision] = []
    for path in _files(inside):
        try:
            module = load_python_file(path.parent, path.name)
        except BaseException as error:  # SystemExit and KeyboardInterrupt too: nobody but the file raises them here
            unloadable.append(UnloadableRevision(str(path), inside.describe(error)))
            continue
        inside.revision_modules[str(path)] = module
        problem = problem_of(module, path)
        if problem is None:
            revisions.append(_info(path, module))
        else:
            unloadable.append(UnloadableRevision(str(path), problem, imported=True))
    locations = tuple(str(path) for path in _locations(inside))
    env_py = str(inside.directory / inside.script.dir / "env.py")
    return to_json(History(tuple(revisions), tuple(unloadable), locations, env_py))


def load_revision_map(inside: Inside) -> dict[str, Any] | None:
    """Alembic's own loading of the history: its failure as a record, None if it loads.

    Files that `read_history` has loaded are not loaded a second time.
    """
    try:
        with warnings.catch_warnings(), _loading_once(inside):
            warnings.simplefilter("ignore")
            _ = inside.script.revision_map.heads
    except Exception as error:
        return to_json(inside.describe(error))
    return None


@contextmanager
def _loading_once(inside: Inside) -> Iterator[None]:
    """While it lasts, Alembic (`Script._from_filename`) is given the modules that are loaded already."""
    from alembic import util

    load = util.load_python_file

    def known_or_loaded(dir_: str | PathLike[str], filename: str | PathLike[str]) -> ModuleType:
        known = inside.revision_modules.get(str(Path(inside.directory, dir_, filename)))
        return load(dir_, filename) if known is None else known

    util.load_python_file = known_or_loaded
    try:
        yield
    finally:
        util.load_python_file = load


def plan_from_base(inside: Inside, target: str) -> list[str]:
    """The ids of a target's revisions and of all that they stand on, in the order in which Alembic applies them to an
    empty database.

    Args:
        target: as `alembic upgrade` takes it: an id, a unique beginning of one, `heads`, `label@head`, `head-2`.
    """
    return [str(step.revision.revision) for step in inside.script._upgrade_revs(target, ())]  # type: ignore[arg-type]  # a tuple serves


def write_revision(inside: Inside, message: str, upgrades: list[str], downgrades: list[str]) -> str:
    """Write a revision on top of the head, with the project's own template, and return its path."""
    from alembic.util import rev_id

    lines = [*upgrades, *downgrades]
    modules = [module for module in ("postgresql",) if any(f"{module}." in line for line in lines)]
    script = inside.script.generate_revision(
        rev_id(),
        message,
        refresh=True,
        head="head",
        upgrades="\n    ".join(upgrades),
        downgrades="\n    ".join(downgrades),
        imports="\n".join(f"from sqlalchemy.dialects import {module}" for module in modules),
        config=inside.config,
    )
    if script is None:
        raise RuntimeError("Alembic wrote no revision")
    return str(script.path)


def _locations(inside: Inside) -> list[Path]:
    directory = inside.directory
    return [directory / str(path) for path in inside.script._version_locations]


def _files(inside: Inside) -> Iterator[Path]:
    seen: set[Path] = set()
    for location in _locations(inside):
        for path in sorted(_candidates(inside, location)):
            if not _is_revision_file(path, sourceless=inside.script.sourceless) or not path.is_file():
                continue
            # As Alembic does, for locations that lead to the same folder.
            if (real := path.resolve()) not in seen:
                seen.add(real)
                yield path


def _candidates(inside: Inside, location: Path) -> Iterator[Path]:
    """The files that Alembic looks at (alembic/script/base.py, `_list_py_dir`): with `sourceless = true` those of
    `__pycache__`, too, unless a file beside it has the same name up to the first dot.
    """
    for folder, below, names in os.walk(location):
        if not folder.endswith(_CACHE):
            yield from (Path(folder, name) for name in names)
        if inside.script.sourceless and _CACHE in below:
            beside = {name.partition(".")[0] for name in names}
            yield from (path for path in Path(folder, _CACHE).iterdir() if path.name.partition(".")[0] not in beside)
        if not getattr(inside.script, "recursive_version_locations", False):
            return


def _is_revision_file(path: Path, *, sourceless: bool) -> bool:
    if not sourceless or path.suffix == ".py":
        return _REVISION_FILE.match(path.name) is not None
    compiled = _COMPILED_FILE.match(path.name)
    return compiled is not None and not path.with_name(compiled[1]).exists()


def _info(path: Path, module: ModuleType) -> RevisionInfo:
    text = source_of(path)
    irreversible, irreversible_line = _irreversible(text)
    document = (module.__doc__ or "").strip().splitlines()
    return RevisionInfo(
        id=revision_id(module, path),
        path=str(path),
        line=line_of(text, "revision"),
        message=document[0] if document else "",
        down_revisions=_several(getattr(module, "down_revision", None)),
        dependencies=_several(getattr(module, "depends_on", None)),
        branch_labels=_several(getattr(module, "branch_labels", None)),
        down_line=line_of(text, "down_revision"),
        has_downgrade=hasattr(module, "downgrade"),
        irreversible=irreversible,
        irreversible_line=irreversible_line,
    )


def _irreversible(text: str) -> tuple[str | None, int]:
    """The reason and the line of the comment that says that a revision has no way back on purpose."""
    if _IRREVERSIBLE.search(text):  # few files have one, and telling comments from strings takes time
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            match = _IRREVERSIBLE.match(token.string) if token.type == tokenize.COMMENT else None
            if match is not None:
                return match["reason"].strip(), token.start[0]
    return None, 1


def _several(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(str(part) for part in value)
