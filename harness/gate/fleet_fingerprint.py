"""Fingerprints: a database's schema, or the schema of each tenant in it, hashed by the server in one query.

What is hashed is what `read_schema` reads, row by row and without OIDs, so that equal fingerprints mean equal schemas:
a difference cannot be missed. Unequal ones mean nothing yet, since the same may be written in two ways.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from importlib import resources

from harness.schema.groups import ignored_attributes, ignored_kinds
from harness.schema.reading import object_queries, query


@cache
def whole_query(version: int) -> str:
    """The query for a database: a row for each part of the catalog that has objects, with its hash.

    Args:
        version: the server's major version, 13 or later.

    Returns:
        SQL with the parameters that `parameters` gives. It wants the settings `SESSION` of `harness.schema.reading`.
    """
    return f"{_described(version)}\n{_text('fingerprint_whole')}"


@cache
def schemas_query(version: int) -> str:
    """The query for tenants: a row for each schema, with its hash, in which its own name does not count.

    Args:
        version: the server's major version, 13 or later.

    Returns:
        SQL with the parameters that `parameters` gives, then names of schemas, then the `own_name` of each.
    """
    return f"{_described(version)}\n{_text('fingerprint_schemas')}"


def parameters(ignore: Collection[str]) -> tuple[list[str], list[str]]:
    """The first two parameters of both queries, for the groups that a comparison is to leave out."""
    return sorted(ignored_attributes(ignore)), sorted(ignored_kinds(ignore))


def own_name(name: str, quoted: str) -> str:
    """A regular expression of PostgreSQL that matches where a schema is named in front of what is in it.

    Args:
        name: the schema's name.
        quoted: the same as PostgreSQL prints it, quoted if it has to be. In the text of a function it may be quoted
            without need.
    """
    always = '"' + name.replace('"', '""') + '"'
    # The text is JSON: the quotes of an identifier have a backslash before them, and line feeds are spelled \n.
    forms = [
        re.sub(r"([^\w])", r"\\\1", json.dumps(form, ensure_ascii=False)[1:-1])
        for form in dict.fromkeys((quoted, always))
    ]
    return rf'(?:(?<![\w$.]|\\")|(?<=\\[nrt]))(?:{"|".join(forms)})\.'


def _described(version: int) -> str:
    one = _text("fingerprint_object")
    objects = "\nunion all\n".join(
        one.replace("{part}", name).replace("{query}", query(name, version).decode()) for name in object_queries()
    )
    text = _text("fingerprint").replace("{objects}", objects)
    for name in ("comments", "grants"):
        text = text.replace(f"{{{name}}}", query(name, version).decode())
    return text


def _text(name: str) -> str:
    return (resources.files("harness.gate") / "sql" / f"{name}.sql").read_text(encoding="utf-8").rstrip()
