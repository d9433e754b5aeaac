"""From what was touched to the queries that read it again, each confined to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from harness.schema.tracking.news import (
    PG_ATTRDEF,
    PG_CLASS,
    PG_CONSTRAINT,
    PG_POLICY,
    PG_PROC,
    PG_REWRITE,
    PG_STATISTIC_EXT,
    PG_TRIGGER,
    PG_TYPE,
)
from harness.schema.tracking.session import Scope

_OF_RELATIONS = {
    "r": ("tables", "columns"),
    "f": ("tables", "columns"),
    "v": ("views",),
    "m": ("views",),
    "S": ("sequences",),
    "c": ("composite_types",),
    # A table of large values, which is no object.
    "t": (),
}
_OF_TYPES = {"e": ("enums",), "d": ("domains",), "c": (), "r": ("range_types",)}
_VIEWS = ("v", "m")


class Resolved(NamedTuple):
    """A row of `touched.sql`: a relation, type or routine, and the OIDs of what belongs to it.

    Attributes:
        numbers: which of the given addresses led here, from 1; none for what was not touched itself.
        kind: its `relkind`, `typtype` or `prokind`.
        is_related: whether it inherits or is inherited from.
        is_disabled: whether some foreign key's trigger on it is disabled.
        is_granted: whether it, a column or an identity sequence of it has privileges of its own.
    """

    numbers: list[int] | None
    classid: int
    objid: int
    kind: str
    is_related: bool
    is_disabled: bool
    is_granted: bool
    indexes: list[int]
    constraints: list[int]
    triggers: list[int]
    rules: list[int]
    policies: list[int]
    defaults: list[int]
    statistics: list[int]
    sequences: list[int]


def is_understood(row: Resolved) -> bool:
    """Whether reading this alone will do. What inherits changes with its parent, and a disabled foreign key with the
    table that it refers to. Of a partition that is detached PostgreSQL tells the table that had it.
    """
    if row.classid == PG_CLASS:
        return row.kind in _OF_RELATIONS and not row.is_related and not row.is_disabled
    return row.classid == PG_PROC or row.kind in _OF_TYPES


def confined(rows: Iterable[Resolved], *, comments: bool, uses: bool) -> tuple[list[str], Scope]:
    """The names of the queries that can find something of what is to be read, and what to confine them to.

    Args:
        comments, uses: whether to read what the objects are commented with, and what they stand on.
    """
    names: dict[str, None] = {}
    relations: list[int] = []
    types: list[int] = []
    routines: list[int] = []
    addresses: list[tuple[int, int]] = []
    for row in rows:
        names.update(dict.fromkeys(_queries(row)))
        {PG_CLASS: relations, PG_TYPE: types, PG_PROC: routines}[row.classid].append(row.objid)
        addresses.append((row.classid, row.objid))
        for classid, oids in (
            (PG_CLASS, row.indexes),
            (PG_CLASS, row.sequences),
            (PG_CONSTRAINT, row.constraints),
            (PG_TRIGGER, row.triggers),
            (PG_REWRITE, row.rules),
            (PG_POLICY, row.policies),
            (PG_ATTRDEF, row.defaults),
            (PG_STATISTIC_EXT, row.statistics),
        ):
            addresses.extend((classid, oid) for oid in oids)
    if names and comments:
        names["comments"] = None
    if names and uses:
        names["dependencies"] = None
    classids, objids = [address[0] for address in addresses], [address[1] for address in addresses]
    return list(names), Scope(relations, types, routines, classids, objids)


def _queries(row: Resolved) -> Iterable[str]:
    if row.classid == PG_PROC:
        yield "routines"
    elif row.classid == PG_TYPE:
        yield from _OF_TYPES[row.kind]
        if row.constraints:
            yield "domain_constraints"
    else:
        yield from _OF_RELATIONS[row.kind]
        if row.constraints:
            yield "constraints"
        # What makes a view is a rule too.
        if len(row.rules) > (row.kind in _VIEWS):
            yield "rules"
        for name, oids in (
            ("indexes", row.indexes),
            ("triggers", row.triggers),
            ("policies", row.policies),
            ("statistics", row.statistics),
        ):
            if oids:
                yield name
    if row.is_granted:
        yield "grants"
