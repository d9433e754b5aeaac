"""The fix: the exact import line, and the file and line where it belongs."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from harness.models.faults import Fault
from harness.models.survey import Survey
from harness.models.syntax import ImportSite, ModuleSyntax


@dataclass(frozen=True)
class Advice:
    """Put `statement` into the file `path`, on a line of its own after line `line` (0: at the top).

    Attributes:
        export: instead, the name to add to the `__all__` that begins on `line`, whose entries are what is imported.
    """

    path: str
    line: int
    statement: str
    export: str | None = None


def advise(fault: Fault, survey: Survey) -> Advice:
    """Where the project gathers its models, and what to add there.

    The file is, in this order: the `__init__.py` of the module's package, or of one around it, if `env.py` loads it and
    it imports models already; another file that gathers models; `env.py`.
    """
    gatherer = _gatherer(fault, survey)
    if gatherer is not survey.wiring.syntax and _exports_modules(gatherer, survey, fault.module):
        export = fault.module.removeprefix(gatherer.module + ".")
        return Advice(gatherer.path, gatherer.exports_line, "", export)
    statement = _statement(fault, gatherer, survey)
    return Advice(gatherer.path, _line(fault, gatherer, survey), f"{statement}  # noqa: F401")


def both_metadata(fault: Fault, survey: Survey) -> str | None:
    """The lines for `env.py` that pass the MetaData of a fault's model too; None if it has no name."""
    home = fault.claim.home if fault.claim is not None else None
    carriers = {name: origin for name, origin in survey.record.names.items() if origin.home == home}
    if home is not None and not carriers:
        origin = survey.scan.names.absolute_origin(home)
        carriers = {home: origin} if origin is not None else {}
    sources = survey.scan.names.sources
    names = [name for name, origin in carriers.items() if origin.kind != "model" and name.rpartition(".")[0] in sources]
    if not names:
        return None
    name = min(names, key=lambda each: (carriers[each].kind != "base", len(each), each))
    module = name.rpartition(".")[0]
    own = name if carriers[name].kind == "metadata" else f"{name}.metadata"
    passed = survey.wiring.syntax.assigned.get("target_metadata")
    if passed is None:
        return f"import {module}; target_metadata = […, {own}]"
    others = ", ".join(map(ast.unparse, passed.elts if isinstance(passed, (ast.List, ast.Tuple)) else [passed]))
    return f"import {module}; target_metadata = [{others}, {own}]"


def _gatherer(fault: Fault, survey: Survey) -> ModuleSyntax:
    env_py = survey.wiring.syntax
    names = survey.scan.names
    package = fault.module.rpartition(".")[0]
    while package:
        syntax = names.syntax(package) if package in survey.record.modules else None
        if syntax is not None and (_gathers(syntax, survey) or _exports_modules(syntax, survey, fault.module)):
            return syntax
        package = package.rpartition(".")[0]
    if _gathers(env_py, survey):
        return env_py
    loaded = (names.syntax(module) for module in survey.record.modules if module not in survey.scan.claims)
    others = [(_gathers(syntax, survey), syntax.module, syntax) for syntax in loaded if syntax is not None]
    best = max(others, key=lambda other: (other[0], other[1]), default=None)
    # One import is what any user of a model has; two make a file that is there to gather them.
    return best[2] if best is not None and best[0] > 1 else env_py


def _gathers(syntax: ModuleSyntax, survey: Survey) -> int:
    """How many modules with models a module imports for good."""
    return len({module for _, module in _model_imports(syntax, survey)})


def _model_imports(syntax: ModuleSyntax, survey: Survey) -> Iterable[tuple[ImportSite, str]]:
    for site in syntax.imports:
        if site.scope.kind != "module":
            continue
        for module in dict.fromkeys((site.target, site.package)):
            if module in survey.scan.claims and module in survey.record.modules and module != syntax.module:
                yield site, module


def _exports_modules(syntax: ModuleSyntax, survey: Survey, module: str) -> bool:
    """Whether a package imports its modules by nothing but naming them in the `__all__` that somebody stars."""
    if syntax.exports is None or not syntax.is_package or module.rpartition(".")[0] != syntax.module:
        return False
    bound = {site.local for site in syntax.imports} | set(syntax.assigned) | {site.qualname for site in syntax.classes}
    modules = [name for name in syntax.exports if name not in bound]
    return bool(modules) and all(f"{syntax.module}.{name}" in survey.record.modules for name in modules)


def _statement(fault: Fault, gatherer: ModuleSyntax, survey: Survey) -> str:
    if len(fault.imports) > 1:  # a circle of imports, which must be entered at the right place
        return f"import {', '.join(fault.imports)}"
    module = fault.imports[0] if fault.imports else fault.module
    bound = {site.local for site in gatherer.imports} | set(gatherer.assigned)
    bound |= {site.qualname for site in gatherer.classes}
    style = [site for site, _ in _model_imports(gatherer, survey)]
    package, _, last = module.rpartition(".")
    if package and style and all(site.target != site.package and site.local.endswith("_models") for site in style):
        # The documented modular style: from app.modules.user import models as user_models
        local = f"{package.rpartition('.')[2] if last == 'models' else last}_models"
        if local not in bound:
            return f"from {package} import {last} as {local}"
    names = [name for name in _names(fault, gatherer, survey, module) if name not in bound]
    if not names:
        return f"import {module}"
    relative = bool(style) and all(site.relative for site in style) and module.startswith(gatherer.module + ".")
    shown = module[len(gatherer.module) :] if relative and gatherer.is_package else module
    return f"from {shown} import {', '.join(names)}"


def _names(fault: Fault, gatherer: ModuleSyntax, survey: Survey, module: str) -> list[str]:
    """The names to import: every model of the module, and what an `__all__` promises of it."""
    claims = survey.scan.claims.get(module, ())
    names = {
        claim.name for claim in claims if claim.name and claim.name.isidentifier() and claim.scope.kind == "module"
    }
    syntax = survey.scan.names.syntax(module)
    if syntax is not None:
        defined = {site.qualname for site in syntax.classes} | set(syntax.assigned)
        names |= defined & set(gatherer.exports or ())
    if fault.name is not None and fault.claim is not None and fault.claim.scope.kind != "module":
        names.discard(fault.name)
    return sorted(names)


def _line(fault: Fault, gatherer: ModuleSyntax, survey: Survey) -> int:
    """The line after which the import may stand: after the last import that is always executed.

    A module that itself imports from the gathering file needs what that file defines: then the end of the file.
    """
    syntax = survey.scan.names.syntax(fault.module)
    source = survey.scan.names.sources.get(gatherer.module)
    if syntax is not None and source is not None and any(site.package == gatherer.module for site in syntax.imports):
        return len(source.read().splitlines())
    return max((site.end_line for site in gatherer.imports if site.scope.kind == "module"), default=0)
