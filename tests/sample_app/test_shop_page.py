"""`docs/sample-application.md` says what is so: the documented env.py, and tests that are there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sample-application.md").read_text(encoding="utf-8")


def lines(source: str) -> list[str]:
    """The code, one statement a line, as Python itself would write it."""
    return [line.strip() for line in ast.unparse(ast.parse(source)).splitlines() if line.strip()]


def functions(source: str) -> list[str]:
    """The names of all functions."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return sorted(node.name for node in ast.walk(ast.parse(source)) if isinstance(node, kinds))


def test_env_py_is_the_documented_one() -> None:
    found = re.search(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    documented = lines(found[1].replace("from app.", "from sample_app."))
    ours = lines((ROOT / "alembic" / "env.py").read_text(encoding="utf-8"))
    # What the page's table of differences says, and type annotations with their import.
    table = re.findall(r"^\| (?:`(.+?)`|nothing) \| `(.+?)` \| `test_", PAGE.partition("## Commands")[0], re.MULTILINE)
    assert len(table) == 4
    left = [*(lines(old)[0] for old, _ in table if old), "def do_run_migrations(connection):"]
    right = [lines(f"{new} ..." if new.endswith(":") else new)[0] for _, new in table]
    right += ["from sample_app.core.migrations import migration_lock, render_item"]
    right += ["def do_run_migrations(connection: Connection) -> None:"]
    left += ["from sqlalchemy import pool"]
    right += ["from sqlalchemy import Connection, pool"]
    assert sorted(set(documented) - set(ours)) == sorted(left)
    assert sorted(set(ours) - set(documented)) == sorted(right)
    assert len(ours) == len(documented) - len(left) + len(right)


def test_env_py_has_the_functions_of_the_async_template(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "alembic", "init", "-t", "async", "made"], cwd=tmp_path, check=True)
    template = functions((tmp_path / "made" / "env.py").read_text(encoding="utf-8"))
    assert functions((ROOT / "alembic" / "env.py").read_text(encoding="utf-8")) == template


def test_the_library_is_not_hidden() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()
    code = "import alembic; print(alembic.__version__)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True)


def test_every_test_that_the_page_names_is_there() -> None:
    there = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 30
    assert {name for name in named if f"def {name}(" not in there} == set()


def test_every_revision_stands_in_the_page() -> None:
    table = PAGE.partition("## Twelve revisions")[2]
    named = re.findall(r"`([0-9a-f]{12})`", table)
    there = [path.name.split("_")[3] for path in sorted((ROOT / "alembic" / "versions").glob("*.py"))]
    assert named == there
