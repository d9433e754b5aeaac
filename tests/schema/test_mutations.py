"""Every fault of the corpus is named by one difference: the right object and attribute, and nothing else."""

from __future__ import annotations

import pytest

from harness.schema import Difference, Schema, diff, read_schema

from .conftest import Connection
from .corpus import Mutation, mutations

MUTATIONS = mutations()

# Seen from the other side, a table that has a new column of a new type has two things that it should not have.
TWO_FROM_THE_OTHER_SIDE = {"drop type app.status cascade;"}


def said(differences: list[Difference]) -> list[tuple[str, str, str, str | None]]:
    return [(item.change, item.object.kind, str(item.object), item.attribute) for item in differences]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_one_difference(mutation: Mutation, rich: Connection, expected: Schema) -> None:
    if rich.info.server_version // 10000 < mutation.since:
        pytest.skip(f"syntax of PostgreSQL {mutation.since}")
    with rich.transaction(force_rollback=True):
        rich.execute(mutation.sql.encode())
        actual = read_schema(rich)
    assert said(diff(expected, actual)) == [(mutation.change, mutation.kind, mutation.object, mutation.attribute)]
    back = diff(actual, expected)
    assert len(back) == (2 if mutation.sql in TWO_FROM_THE_OTHER_SIDE else 1), said(back)
    assert actual.digest != expected.digest


def test_the_corpus_is_large_and_each_fault_is_there_once() -> None:
    assert len({mutation.sql for mutation in MUTATIONS}) == len(MUTATIONS) >= 400
