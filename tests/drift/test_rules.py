"""The rules that `drift` lists are the attributes that the schema room really reads, and how severe they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import small_project

from harness.checks.drift_rules import ATTRIBUTES
from harness.findings import Severity
from harness.schema.reading import HEAD, object_queries, query
from harness.server import ScratchDatabase, Server

# Left out of a comparison with models (see `harness.schema.MODELS`), or read for the order of columns.
_NOT_COMPARED = {"owner", "grants", "position", "not_null_name", "not_null_options", "identity_grants"}
_OF_FOREIGN_TABLES = {"server", "server_options"}


def test_every_attribute_has_its_rule(database: ScratchDatabase) -> None:
    """Of the kinds that a query of their own reads, and that have all that the query has."""
    with database.connect() as connection:
        version = connection.info.server_version // 10000
        read = {}
        for name in object_queries():
            description = connection.execute(query(name, version)).description or []
            read[name] = {column.name for column in description[len(HEAD) :]}
    for kind, name in (("table", "tables"), ("column", "columns"), ("index", "indexes"), ("enum", "enums")):
        compared = read[name] - _NOT_COMPARED - _OF_FOREIGN_TABLES
        assert compared - set(ATTRIBUTES[kind]) == set()
    of_constraints = set().union(*(ATTRIBUTES[kind] for kind in ATTRIBUTES if "key" in kind or "constraint" in kind))
    assert read["constraints"] - of_constraints == set()
    assert read["sequences"] - _NOT_COMPARED - set(ATTRIBUTES["sequence"]) == set()


@pytest.mark.parametrize(
    ("ours", "severity"),
    [("    BEGIN\n        RETURN NEW;\n    END", Severity.INFO), ("BEGIN RETURN OLD; END", Severity.ERROR)],
)
def test_a_body_that_is_indented_otherwise_is_a_remark(
    ours: str, severity: Severity, tmp_path: Path, server: Server
) -> None:
    """Where the text stands in the code moves its lines; plpgsql does not mind."""
    function = "create function f() returns trigger language plpgsql as $$\n{body}\n$$"
    made = function.format(body="BEGIN\n    RETURN NEW;\nEND")
    models = f'sa.event.listen(Base.metadata, "before_create", sa.DDL({function.format(body=ours)!r}))'
    project = small_project(tmp_path, server, models, f"op.execute({made!r})")
    (finding,) = project.check("drift").findings
    assert (finding.rule, finding.severity) == ("drift.function.body", severity)
