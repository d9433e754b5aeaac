"""A schema is immutable, hashable, printable, survives JSON; parts can be left out with what belongs to them."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError
from typing import Any

import pytest

from harness.findings import DatabaseObject, UsageError
from harness.schema import Identity, Schema, SchemaObject, diff

TABLE = Identity("table", "app", "", "customer")


def test_json_and_back(expected: Schema) -> None:
    again = Schema.from_json(expected.to_json())
    assert again == expected
    assert again.digest == expected.digest
    assert hash(again) == hash(expected)
    assert again.to_json() == expected.to_json()
    assert again.server_version == expected.server_version
    assert diff(expected, again) == []
    for identity, item in expected.objects.items():
        assert sorted(again.objects[identity].uses) == sorted(item.uses)


def test_a_snapshot_of_a_newer_harness(expected: Schema) -> None:
    document = json.loads(expected.to_json())
    document["format"] += 1
    with pytest.raises(UsageError, match=r"has format 2, and this version of harness reads up to 1\. Upgrade harness"):
        Schema.from_json(json.dumps(document))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"format": 1}', '{"format": 1, "objects": [[1]], "server_version": 1}']
)
def test_what_is_no_snapshot(text: str) -> None:
    with pytest.raises(UsageError, match="The text is no snapshot of a schema"):
        Schema.from_json(text)


def test_nothing_can_be_changed(expected: Schema) -> None:
    item = expected.objects[TABLE]
    writable: Any = item
    with pytest.raises(FrozenInstanceError):
        writable.identity = TABLE
    with pytest.raises(TypeError):
        writable.attributes["owner"] = "x"
    mapping: Any = expected.objects
    with pytest.raises(TypeError):
        mapping[TABLE] = item


def test_printing(expected: Schema) -> None:
    assert str(expected.objects[Identity("column", "app", "line", "amount")]) == (
        "column app.line.amount nullable=not null position=4 type=integer"
    )
    assert repr(expected).startswith(f"<Schema of PostgreSQL {expected.server_version}: access method: 1")
    assert len(str(expected).splitlines()) >= len(expected)
    assert repr(Schema([], 15)) == "<Schema of PostgreSQL 15: empty>"


def test_identities_as_findings_have_them() -> None:
    identity = Identity("function", "app", "", "add", "(integer)")
    assert identity.database_object == DatabaseObject("function", "add(integer)", "app")
    assert str(identity) == "function app.add(integer)"


def test_the_digest_knows_every_attribute(expected: Schema) -> None:
    item = expected.objects[TABLE]
    other = SchemaObject(item.identity, {**item.attributes, "comment": "x"})
    changed = Schema(
        [other, *(part for part in expected.objects.values() if part is not item)], expected.server_version
    )
    assert changed.digest != expected.digest
    assert changed != expected


def test_a_table_goes_with_all_that_belongs_to_it(expected: Schema) -> None:
    rest = expected.without(lambda item: item.identity == TABLE)
    gone = expected.objects.keys() - rest.objects.keys()
    kinds = {identity.kind for identity in gone}
    assert kinds == {
        *("table", "column", "index", "primary key", "unique constraint", "check constraint", "trigger", "sequence")
    }
    assert all(identity.table == "customer" or identity.name in ("customer", "customer_id_seq") for identity in gone)
    assert Identity("view", "app", "", "active_customer") in rest.objects


def test_a_schema_goes_with_all_that_is_in_it(expected: Schema) -> None:
    rest = expected.without(lambda item: item.identity.kind == "schema" and item.identity.name == "app")
    assert not any(identity.schema == "app" for identity in rest.objects)
    assert Identity("column", "audit", "log", "id") in rest.objects


def test_selecting_is_the_other_way_round(expected: Schema) -> None:
    only = expected.select(lambda item: item.identity.name == "alembic_version")
    assert sorted(str(identity) for identity in only.objects) == [
        "column public.alembic_version.version_num",
        "primary key public.alembic_version.alembic_version_pkc",
        "table public.alembic_version",
    ]
    assert (
        diff(expected, expected.without(lambda item: item.identity in only.objects))[0].object.name == "alembic_version"
    )
