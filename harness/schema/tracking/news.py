"""What the event triggers wrote down, and what follows from it for the reading.

Whatever is not understood here means that everything has to be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from harness.schema.tracking.catalog import Catalog, Main
from harness.schema.tracking.history import GroupKey

# OIDs of catalogs, which are the same on every server (`CATALOG(…)` in the headers of src/include/catalog).
PG_TYPE, PG_PROC, PG_CLASS = 1247, 1255, 1259
PG_ATTRDEF, PG_CONSTRAINT, PG_REWRITE = 2604, 2606, 2618
PG_TRIGGER, PG_POLICY, PG_STATISTIC_EXT = 2620, 3256, 3381

# Objects that stand in groups, or are one. Those of any other catalog are rare, and few stand alone.
_UNDERSTOOD = frozenset(
    {
        PG_TYPE,
        PG_PROC,
        PG_CLASS,
        PG_ATTRDEF,
        PG_CONSTRAINT,
        PG_REWRITE,
        PG_TRIGGER,
        PG_POLICY,
        PG_STATISTIC_EXT,
    }
)

# With IF EXISTS or IF NOT EXISTS these may have done nothing; when they do something they say what.
_SAYING = ("DROP ", "CREATE TABLE", "CREATE INDEX", "CREATE SCHEMA", "CREATE EXTENSION", "ALTER TABLE")


class News(NamedTuple):
    """A row that an event trigger wrote: an object that a command made or changed, or one that is gone.

    Attributes:
        command: the command's tag.
        goes_along: of an object that is gone, whether it is because what it belongs to is gone or changed.
        classid, objid: the object's address; none for a command that does not say what it did.
        names: of an object that is gone its name, part by part (`address_names`).
    """

    command: str
    is_drop: bool
    goes_along: bool
    classid: int | None
    objid: int | None
    names: list[str | None] | None


class Touched(NamedTuple):
    """What was touched, as far as the news tell.

    Attributes:
        groups: groups that were there, all of which is to be replaced by what is read.
        addresses: what is to be read, with all that it belongs to, if it is still there.
        unsure: addresses among these of which something must be found, or else it is not known what was touched.
    """

    groups: set[GroupKey]
    addresses: list[Main]
    unsure: set[Main]


def interpret(rows: Iterable[News], catalog: Catalog) -> Touched | None:
    """What some news say was touched; None if they do not tell."""
    made: set[Main] = set()
    gone: dict[Main, Sequence[str | None]] = {}
    going_along: set[Main] = set()
    named: dict[Main, None] = {}
    for row in rows:
        if row.classid is None or row.objid is None:
            if row.command == "DROP OWNED" or not row.command.startswith(_SAYING):
                return None
            continue
        if row.classid not in _UNDERSTOOD:
            return None
        main = (row.classid, row.objid)
        if row.is_drop:
            gone[main] = row.names or ()
            if row.goes_along:
                going_along.add(main)
        else:
            named[main] = None
            if row.command.startswith("CREATE"):
                made.add(main)
    groups: set[GroupKey] = set()
    unsure: set[Main] = set()
    for main in named:
        key = catalog.group_at(main)
        if key is not None:
            groups.add(key)
        elif main not in made and main not in gone:
            unsure.add(main)
    for main, names in gone.items():
        key = catalog.group_at(main)
        if key is not None:
            groups.add(key)
        elif _is_part(names):
            # A part of a table that was not seen as it was made, or was made again by a change of the table: if the
            # table is not known by this name it is new, and among the news itself.
            groups.add(GroupKey("relation", names[0] or "", names[1] or ""))
        elif main not in made and main not in going_along:
            return None
    mains = [main for key in groups for main in catalog.mains(key)]
    # A column that is gone is written down under the address of what it was a column of.
    columns = [main for main, names in gone.items() if main[0] == PG_CLASS and _is_part(names)]
    asked = [main for main in dict.fromkeys([*named, *mains]) if main not in gone]
    return Touched(groups, list(dict.fromkeys([*asked, *columns])), unsure)


def _is_part(names: Sequence[str | None]) -> bool:
    """Whether what is gone had three names: those of a table, and its own."""
    return len(names) == 3
