"""`imports`: every model of the user's packages is in the metadata that `env.py` passes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from harness.checks.base import Check, SkipCheck
from harness.checks.context import CheckContext
from harness.checks.metadata import require_no_fault
from harness.environment import Project
from harness.environment.redirect import NoDatabaseError
from harness.findings import DatabaseObject, Finding, Location, Rule, Severity, VerdictError
from harness.models.advice import Advice, advise, both_metadata
from harness.models.faults import Fault
from harness.models.judge import judge
from harness.models.revisions import Creators, creating_revisions
from harness.models.survey import Survey, survey
from harness.settings import Settings

_INVISIBLE = (
    "Alembic compares the database with the metadata that env.py passes. For a table that is not in it no migration is "
    "generated, and one that a revision has created is proposed to be dropped."
)

MISSING = Rule(
    "imports.missing",
    Severity.ERROR,
    "A model is not in the metadata that env.py passes, because env.py does not import it",
    _INVISIBLE,
)
TYPE_CHECKING_ONLY = Rule(
    "imports.type-checking-only",
    Severity.ERROR,
    "A model is imported under TYPE_CHECKING only, which is never executed",
    _INVISIBLE + " Type checkers and editors resolve the import, so nothing looks wrong.",
)
OTHER_BASE = Rule(
    "imports.other-base",
    Severity.ERROR,
    "A model is registered on a MetaData that env.py does not pass",
    _INVISIBLE + " Importing it does not help: its base class has a MetaData of its own.",
)
UNIMPORTABLE = Rule(
    "imports.unimportable",
    Severity.ERROR,
    "A module that holds models raises when it is imported",
    _INVISIBLE + " An import that fails, and whose failure is caught, hides the tables of the module.",
)


def run(context: CheckContext) -> Iterable[Finding]:
    """The check, in an interpreter of its own.

    The shared inspection will not do: other checks load the revisions there, which may import the forgotten models.
    """
    return forgotten_models(context.project, context.settings)


def forgotten_models(project: Project, settings: Settings) -> Iterable[Finding]:
    """Compare what `env.py` has with what the packages hold.

    Raises:
        SkipCheck: `env.py` passes no metadata on purpose.
        UsageError: a package of `model_packages` does not exist.
        VerdictError: `env.py` raised before it passed any metadata, or passes something else.
    """
    found = survey(
        project,
        model_packages=settings.model_packages,
        ignore_modules=settings.ignore_modules,
        timeout=settings.timeout,
    )
    require_no_fault(found.record.metadata_fault)
    if not found.record.passed:
        if found.failure is not None and NoDatabaseError.__name__ in found.failure:
            raise VerdictError(
                "env.py, or a module that it imports, connects to a database before any metadata is passed. This check "
                "gives it none, so nothing can be said of the models.",
                "Let it connect in run_migrations_online() only, or leave the check out: --skip imports.",
            )
        if found.failure is not None:
            raise VerdictError(
                f"env.py raised before it passed any metadata, so nothing can be said of the models: {found.failure}.",
                "Run `alembic current` by hand to see the same.",
            )
        raise SkipCheck("env.py passes no target_metadata")
    creators = creating_revisions(found.record.version_locations)
    for fault in judge(found, project):
        yield _finding(fault, found, project, creators)


def _finding(fault: Fault, found: Survey, project: Project, creators: Creators) -> Finding:
    creator = creators.of(fault.table, fault.name)
    what = _what(fault)
    follows = _consequence(fault, creator, certain=creators.complete)
    parts: dict[str, Any] = {
        "object": _object(fault),
        "location": Location(project.location(fault.path), fault.line, fault.end_line),
    }
    if fault.kind == "unimportable":
        return UNIMPORTABLE.finding(
            f"{what} is hidden from env.py: importing {fault.module} {_error(fault, project)}.{follows}",
            severity=None if fault.sure or creator else Severity.WARNING,
            fix=_repair(fault),
            detail=(fault.error or {}).get("detail"),
            **parts,
        )
    if fault.kind == "other-base":
        how = "" if fault.loaded else f", and env.py does not import {fault.module}"
        return OTHER_BASE.finding(
            f"{what} is registered on a MetaData that env.py does not pass{how}.{follows}",
            severity=None if fault.loaded or fault.sure or creator else Severity.WARNING,
            fix=_other_base_fix(fault, found, project),
            **parts,
        )
    if fault.promised_by is not None:
        return MISSING.finding(
            f"{what} is named in the __all__ of {project.location(fault.promised_by)}, which does not import it: "
            f"env.py ends with {found.failure}.{follows}",
            fix=_import_fix(fault, found, project),
            **parts,
        )
    rule = TYPE_CHECKING_ONLY if fault.kind == "type-checking-only" else MISSING
    return rule.finding(
        f"{what} is not in the metadata that env.py passes: {_reason(fault, project)}.{follows}",
        severity=None if fault.sure or creator else Severity.WARNING,
        fix=_import_fix(fault, found, project),
        **parts,
    )


def _what(fault: Fault) -> str:
    qualified = ".".join(part for part in (fault.schema, fault.table) if part)
    table = f"table {qualified}" if qualified else "table name not known"
    if not fault.is_class:
        name = f" ({fault.name})" if fault.name else ""
        return f"Table {qualified}{name} of module {fault.module}"
    if fault.columns:
        return f"Model {fault.name} of module {fault.module}, which adds {', '.join(fault.columns)} to {table},"
    name = f" {fault.name}" if fault.name else ""
    return f"Model{name} ({table}) of module {fault.module}"


def _object(fault: Fault) -> DatabaseObject:
    if fault.columns and fault.table:
        return DatabaseObject("column", fault.columns[0], fault.schema, fault.table)
    if fault.table:
        return DatabaseObject("table", fault.table, fault.schema)
    return DatabaseObject("model", f"{fault.module}.{fault.name}")


def _reason(fault: Fault, project: Project) -> str:
    scope = fault.claim.scope if fault.claim else None
    if scope is not None and scope.kind == "function":
        return f"it stands in the function {scope.name}, which nothing that env.py imports calls"
    if scope is not None and scope.kind == "condition":
        return f"it stands under `if {scope.name}`, which was not so when env.py ran"
    if scope is not None and scope.kind == "type-checking":
        return "it stands under `if TYPE_CHECKING`, which is never executed"
    if fault.site is None:
        return "nothing that env.py imports imports that module"
    path, site = fault.site
    where = f"{project.location(path)}:{site.line}"
    return {
        "type-checking": f"the module is imported under TYPE_CHECKING only, at {where}",
        "function": f"the module is imported only within the function {site.scope.name}, at {where}",
        "condition": f"the module is imported only under `if {site.scope.name}`, at {where}",
        "try": f"the import at {where} stands in a try statement and was not executed",
    }.get(site.scope.kind, f"the import at {where} is not executed")


def _consequence(fault: Fault, creator: str | None, *, certain: bool) -> str:
    """What follows for this table, as one more sentence; the rule's `why` says what follows in general.

    Args:
        certain: whether a table of which the revisions' text does not speak is made by none of them.
    """
    if fault.columns:
        return " Autogenerate will never add these columns."
    if fault.table is None:
        return ""
    if creator is not None:
        return f" Table {fault.table} is created by revision {creator} and would be dropped by the next autogenerate."
    return " No revision creates the table." if certain else ""


def _import_fix(fault: Fault, found: Survey, project: Project) -> str:
    scope = fault.claim.scope if fault.claim else None
    if scope is not None and scope.kind in ("function", "condition", "type-checking"):
        where = f"{project.location(fault.path)}:{fault.line}"
        leave = f'or leave it out: ignore-modules = ["{fault.module}"] in [tool.harness].'
        return f"Move the class at {where} to module level and see that env.py imports {fault.module}, {leave}"
    return _told(advise(fault, found), project)


def _told(advice: Advice, project: Project) -> str:
    path = project.location(advice.path)
    if advice.export is not None:
        return f'Add "{advice.export}" to the __all__ in {path}, line {advice.line}.'
    where = f"after line {advice.line}" if advice.line else "at the top"
    return f"Add to {path}, {where}: {advice.statement}"


def _other_base_fix(fault: Fault, found: Survey, project: Project) -> str:
    name = fault.name or fault.table
    passed = both_metadata(fault, found)
    env_py = project.location(found.wiring.path)
    too = f", or pass its MetaData too, in {env_py}: {passed}" if passed is not None else ""
    ignore = f'ignore-modules = ["{fault.module}"] in [tool.harness]'
    return f"Give {name} the base class that env.py uses{too}. If it is another database's: {ignore}."


def _error(fault: Fault, project: Project) -> str:
    error = fault.error or {}
    message = str(error.get("message")).rstrip(".")
    if error.get("kind") is None:
        return f"ends the interpreter, or does not end itself ({message})"
    where = f" ({project.location(str(error['path']))}:{error['line']})" if error.get("path") else ""
    return f"raises {error['kind']}{where}: {message}"


def _repair(fault: Fault) -> str:
    kind = str((fault.error or {}).get("kind"))
    if kind == "ModuleNotFoundError":
        first = f"Install what {fault.module} imports"
    elif kind.endswith("NoDatabaseError"):
        first = f"Let {fault.module} open no connection while it is imported"
    else:
        first = f"Make `python -c 'import {fault.module}'` work, then import it where env.py gets to it"
    return f'{first}, or leave it out: ignore-modules = ["{fault.module}"] in [tool.harness].'


CHECK = Check(
    "imports",
    "every model is in the metadata that env.py uses",
    (MISSING, TYPE_CHECKING_ONLY, OTHER_BASE, UNIMPORTABLE),
    run,
    needs_server=False,
)
