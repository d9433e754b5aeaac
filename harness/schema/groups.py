"""What a comparison may leave out: groups of attributes and kinds, each with the name that `diff(ignore=…)` takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from harness.findings import UsageError


@dataclass(frozen=True)
class Group:
    """A part of the comparison that can be switched off.

    Attributes:
        summary: what it covers, one line.
        attributes: names of attributes of any kind of object.
        kinds: kinds of object that belong to it as a whole.
    """

    summary: str
    attributes: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()


GROUPS = {
    "order": Group("The order of a table's columns.", frozenset({"column_order"})),
    "owner": Group("Who owns an object.", frozenset({"owner"})),
    "grants": Group(
        "Privileges on objects, and default privileges.",
        frozenset({"grants", "identity_grants", "column_grants"}),
        frozenset({"default privileges"}),
    ),
    "comment": Group(
        "Comments.",
        frozenset({"comment", "column_comments", "attribute_comments", "index_comment", "identity_comment"}),
    ),
    "names": Group(
        "The names of constraints, indexes and owned sequences that are otherwise the same.",
    ),
    "not-null-names": Group("The names of NOT NULL constraints, from version 18 on.", frozenset({"not_null_name"})),
    "extension-version": Group("The version of an extension.", frozenset({"version"})),
    "policies": Group(
        "Policies, and whether a table has row security.",
        frozenset({"row_security", "force_row_security"}),
        frozenset({"policy"}),
    ),
    "settings": Group("ALTER DATABASE … SET and ALTER ROLE … IN DATABASE … SET.", kinds=frozenset({"setting"})),
    "tuning": Group(
        "What makes a table fast rather than what it means: statistics targets, storage, compression, clustering.",
        frozenset({"statistics", "column_statistics", "storage", "column_storage", "compression", "clustered"}),
    ),
}

# Kinds whose name is often the server's or a naming convention's choice.
NAMED_BY_CONVENTION = frozenset(
    {
        "primary key",
        "unique constraint",
        "foreign key",
        "check constraint",
        "exclusion constraint",
        "domain constraint",
        "index",
        "sequence",
    }
)

# Two states of the same database, or two databases that are meant to be the same: nothing is left out.
EVERYTHING: frozenset[str] = frozenset()

# A database that was made from models against one that was migrated: who runs which is by chance, and models cannot say
# who may do what, how the database is set, which version of an extension the server has at hand, or what a NOT NULL is
# called.
MODELS = frozenset({"owner", "grants", "settings", "extension-version", "not-null-names"})


def ignored_attributes(ignore: Collection[str]) -> frozenset[str]:
    """The attributes that some groups cover.

    Raises:
        UsageError: a group that does not exist.
    """
    unknown = sorted(set(ignore) - set(GROUPS))
    if unknown:
        raise UsageError(f"There is no group {unknown[0]!r} to ignore.", f"Use any of {', '.join(GROUPS)}.")
    return frozenset().union(*(GROUPS[name].attributes for name in ignore))


def ignored_kinds(ignore: Collection[str]) -> frozenset[str]:
    """The kinds of object that some groups cover as a whole."""
    return frozenset().union(*(GROUPS[name].kinds for name in ignore))
