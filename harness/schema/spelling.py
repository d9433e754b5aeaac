"""Texts that PostgreSQL prints in two ways though they mean one thing, or that differ by what they stand on.

Nothing here renders or parses SQL: two texts that the server has printed are brought to one form and compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

_LITERAL = r"'(?:[^']|'')*'"
_TYPE = r'(?:"[^"]+"|[a-z_][\w$]*)(?:\.(?:"[^"]+"|[a-z_][\w$]*))?(?: varying| precision)?(?: with(?:out)? time zone)?'
_MODIFIERS = r"(?:\(\d+(?:,\s*-?\d+)?\))?(?: with(?:out)? time zone)?(?:\[\])*"
_CAST_LITERAL = rf"(?:{_LITERAL}|NULL)::{_TYPE}{_MODIFIERS}"
_ARRAY_CAST = re.compile(rf"\(ARRAY\[(?P<items>{_CAST_LITERAL}(?:, {_CAST_LITERAL})*)\]\)::(?P<type>{_TYPE})\[\]")
_ITEM = re.compile(_CAST_LITERAL)
_CAST = re.compile(rf"::{_TYPE}{_MODIFIERS}")
_QUOTED_NUMBER = re.compile(r"'(-?\d+(?:\.\d+)?)'")
_NULL = re.compile(rf"NULL(?:::{_TYPE}{_MODIFIERS})?")
_NUMBER = re.compile(
    r"\(?(?:(?P<bare>-?\d+(?:\.\d+)?)|'(?P<quoted>-?\d+(?:\.\d+)?)')\)?"
    r"(?:::(?:smallint|integer|bigint|real|double precision|numeric(?:\(\d+(?:,-?\d+)?\))?))?"
)
_NOW = frozenset({"now()", "CURRENT_TIMESTAMP", "transaction_timestamp()"})
_ALIAS = re.compile(r'\s+AS (?:"[^"]+"|[a-z_][\w$]*)')
_QUALIFIER = re.compile(r'(?:"[^"]+"|\b[a-z_][\w$]*)\.(?=["a-z_])')

# Stands for a name that is taken for another.
_MARK = "\ufffc"


def settled(text: str) -> str:
    """The text as it would come back if the server read it once more.

    `CHECK (kind IN ('a', 'b'))` on a varchar is printed as an array that is cast as a whole. Read again, the elements
    are cast one by one, and that is then printed for ever. Both forms come out as the second.
    """
    if "ARRAY[" not in text:
        return text
    return _ARRAY_CAST.sub(
        lambda match: "ARRAY[" + _ITEM.sub(lambda item: f"({item[0]})::{match['type']}", match["items"]) + "]", text
    )


def same_default(expected: str | None, actual: str | None) -> bool:
    """Whether two defaults give the same value for every row: PostgreSQL keeps how a constant was written.

    `DEFAULT '14'` and `DEFAULT 14`, `0` and `0.00`, `now()` and `CURRENT_TIMESTAMP`, `NULL` and none.
    """
    return expected == actual or _value(expected) == _value(actual)


def _value(text: str | None) -> str | Decimal | None:
    if text is None or _NULL.fullmatch(text):
        return None
    if text in _NOW:
        return "now()"
    number = _NUMBER.fullmatch(text)
    return Decimal(number["bare"] or number["quoted"]) if number else text


def loose(text: str) -> str:
    """The text without casts, parentheses, and quotes around numbers: what a change of a type leaves as it is."""
    text = _QUOTED_NUMBER.sub(r"\1", _CAST.sub("", text))
    return re.sub(r"[\s()]+", "", text)


def same_but_for_name(expected: str, actual: str, names: Iterable[tuple[str, ...]]) -> bool:
    """Whether two texts are the same once an object's names, each qualified or not, are taken for one.

    A view keeps its columns' names when the column below is renamed, by an alias; so aliases do not count.
    """
    return _marked(_ALIAS.sub("", expected), names) == _marked(_ALIAS.sub("", actual), names)


def same_items_but_for_name(expected: str, actual: str, names: Iterable[tuple[str, ...]]) -> bool:
    """The same for two lists of names that are sorted, and sort differently when one is renamed."""
    return sorted(_marked(expected, names).split(", ")) == sorted(_marked(actual, names).split(", "))


def unqualified(text: str) -> str:
    """The text without qualifiers and indentation: from version 16 on, a view of one table prints its columns bare."""
    return re.sub(r"\s+", " ", _QUALIFIER.sub("", text))


def _marked(text: str, names: Iterable[tuple[str, ...]]) -> str:
    return re.sub("|".join(r"\.".join(_written(part) for part in name) for name in names), _MARK, text)


def _written(name: str) -> str:
    quoted = re.escape('"' + name.replace('"', '""') + '"')
    return rf'(?:{quoted}|(?<![\w$"]){re.escape(name)}(?![\w$"]))'
