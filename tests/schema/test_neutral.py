"""Operations after which the schema is what it was give no difference, and the same digest."""

from __future__ import annotations

import pytest

from harness.schema import Schema, diff, read_schema

from .conftest import Connection
from .corpus import Neutral, neutrals

NEUTRALS = neutrals()


@pytest.mark.parametrize("neutral", NEUTRALS, ids=str)
def test_no_difference(neutral: Neutral, rich: Connection, expected: Schema) -> None:
    if rich.info.server_version // 10000 < neutral.since:
        pytest.skip(f"syntax of PostgreSQL {neutral.since}")
    with rich.transaction(force_rollback=True):
        rich.execute(neutral.sql.encode())
        actual = read_schema(rich)
    assert diff(expected, actual) == []
    assert diff(actual, expected) == []


def test_the_corpus_is_large() -> None:
    assert len(NEUTRALS) >= 60
