"""The modules of benchmarks/, which are no package: several of them are called like packages that tests import."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="session")
def trees() -> ModuleType:
    """`benchmarks/trees.py`."""
    spec = importlib.util.spec_from_file_location("benchmark_trees", BENCHMARKS / "trees.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module
