"""What the text of an `env.py` says: what it imports, also where only an online run gets to, and what it passes."""

from __future__ import annotations

import ast
import configparser
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.environment import Project
from harness.models.reading import read_module
from harness.models.syntax import ImportSite, ModuleSyntax, dotted

_NOT_SEARCHED = frozenset({"node_modules", "site-packages", "dist-packages", "__pycache__"})


@dataclass(frozen=True)
class Wiring:
    """The text of one `env.py`.

    Attributes:
        imports: the modules that running it imports, taken from every statement that is executed.
        online_imports: those that only functions import that it calls, on whatever branch.
        targets: absolute dotted names of the MetaData that it passes as `target_metadata`, as far as they can be read.
    """

    path: str
    syntax: ModuleSyntax
    imports: tuple[str, ...]
    online_imports: tuple[str, ...]
    targets: tuple[str, ...]


def read_wiring(path: Path) -> Wiring:
    """Read an `env.py`; one that cannot be parsed says nothing."""
    try:
        content = path.read_bytes()
        syntax = read_module("env", str(path), False, content)
        tree = ast.parse(content)
    except (OSError, SyntaxError, ValueError):
        syntax, tree = read_module("env", str(path), False, b""), ast.parse("")
    called = _called_functions(tree)
    top, within = [], []
    for site in syntax.imports:
        kind, name = site.scope.kind, site.scope.name
        if kind in ("module", "try"):
            top.append(site)
        elif (kind == "function" and name in called) or (kind == "condition" and "is_offline_mode" in name):
            within.append(site)
    return Wiring(str(path), syntax, _modules(top), _modules(within), tuple(_targets(tree, syntax)))


def other_environments(directory: Path, env_py: str) -> Iterator[ModuleSyntax]:
    """The texts of the other Alembic `env.py` files below a directory."""
    for folder, folders, files in os.walk(directory):
        folders[:] = [name for name in folders if name not in _NOT_SEARCHED and not name.startswith(".")]
        path = Path(folder, "env.py")
        if "env.py" not in files or path == Path(env_py):
            continue
        content = path.read_bytes()
        if b"target_metadata" in content:
            yield read_wiring(path).syntax


def has_other_sections(project: Project) -> bool:
    """Whether the ini file describes more than one migration environment."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    if project.config.suffix == ".toml":
        return False
    parser.read(project.config, encoding="utf-8")
    return any(
        section != project.name and parser.has_option(section, "script_location") for section in parser.sections()
    )


def _modules(sites: list[ImportSite]) -> tuple[str, ...]:
    # `from a import b`: b may be a module or a name in one, so both are worth trying.
    return tuple(dict.fromkeys(name for site in sites for name in (site.package, site.target) if name))


def _called_functions(tree: ast.Module) -> set[str]:
    """The names of the functions that are called, or passed to be called, from module level on."""
    functions = {
        node.name: node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    waiting: list[ast.AST] = [node for node in tree.body if not isinstance(node, definitions)]
    reached: set[str] = set()
    while waiting:
        for part in ast.walk(waiting.pop()):
            if isinstance(part, ast.Name) and part.id in functions and part.id not in reached:
                reached.add(part.id)
                waiting.append(functions[part.id])
    return reached


def _targets(tree: ast.Module, syntax: ModuleSyntax) -> Iterator[str]:
    values = [value for name, value in syntax.assigned.items() if name == "target_metadata"]
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "target_metadata":
            values.append(node.value)
    for value in values:
        for part in value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]:
            name = dotted(part)
            head, _, rest = name.partition(".")
            for site in syntax.imports:
                if site.local == head:
                    yield (
                        name
                        if site.package == site.target and "." in name
                        else ".".join(filter(None, (site.target, rest)))
                    )
