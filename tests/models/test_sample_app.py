"""On the sample app: every import that gathers its models is needed, and the check's fix for its loss heals it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from model_layouts import apply

from harness.checks.imports import forgotten_models
from harness.environment.project import find_project
from harness.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
GATHERERS = ("sample_app/models/__init__.py", "alembic/env.py")


def _imports() -> list[tuple[str, str]]:
    """The lines that import models, by the file that holds them."""
    pattern = re.compile(r"from sample_app\.(?:models\.\w+ import|modules\.\w+ import models).*")
    return [
        (path, line) for path in GATHERERS for line in (ROOT / path).read_text().splitlines() if pattern.fullmatch(line)
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("sample_app", "alembic"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "alembic.ini", tmp_path)
    return tmp_path


def test_the_sample_app_is_complete(copy: Path) -> None:
    settings = Settings()
    assert list(forgotten_models(find_project(settings, copy), settings)) == []
    assert len(_imports()) >= 5


@pytest.mark.parametrize(("path", "line"), _imports(), ids=lambda value: value.replace(" ", "_"))
def test_a_deleted_import_is_found_and_the_fix_heals_it(copy: Path, path: str, line: str) -> None:
    settings = Settings()
    project = find_project(settings, copy)
    text = (copy / path).read_text()
    (copy / path).write_text(text.replace(f"{line}\n", "", 1))

    findings = list(forgotten_models(project, settings))

    assert findings
    module = line.split()[1] + (".models" if line.split()[3] == "models" else "")
    for finding in findings:
        assert finding.rule in ("imports.missing", "imports.type-checking-only")
        assert finding.location is not None
        assert finding.location.path == module.replace(".", "/") + ".py"
        assert finding.fix is not None
        assert path in finding.fix
    for fix in {finding.fix for finding in findings}:
        assert fix is not None
        apply(fix, copy)
    assert list(forgotten_models(project, settings)) == []
