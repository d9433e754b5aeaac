"""A type that the server has printed, as SQLAlchemy has it."""

from __future__ import annotations

import re

from harness.schema.model import Identity, Schema
from harness.schema.repair.names import call, names_in, python

_SHAPE = re.compile(
    r"(?P<base>[^()\[]+?)"
    r"(?:\((?P<modifiers>\d+(?:, ?-?\d+)?)\))?"
    r"(?P<zone> with(?:out)? time zone)?"
    r"(?P<array>(?:\[\])*)"
)

_PLAIN = {
    "bigint": "sa.BigInteger()",
    "boolean": "sa.Boolean()",
    "bytea": "sa.LargeBinary()",
    "date": "sa.Date()",
    "double precision": "postgresql.DOUBLE_PRECISION()",
    "integer": "sa.Integer()",
    "json": "sa.JSON()",
    "real": "sa.REAL()",
    "smallint": "sa.SmallInteger()",
    "text": "sa.Text()",
    "uuid": "postgresql.UUID()",
}
_POSTGRESQL = frozenset(
    {"cidr", "inet", "jsonb", "macaddr", "macaddr8", "money", "oid", "regclass", "tsquery", "tsvector"}
    | {"int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"}
    | {"int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"}
)
_OF_EXTENSIONS = frozenset({"citext", "hstore"})


def sqlalchemy_type(text: str, schema: Schema) -> str | None:
    """The Python source of the SQLAlchemy type that renders as a type.

    Args:
        text: the type as `format_type` prints it with an empty search_path.
        schema: where enums and domains are looked up.

    Returns:
        None if SQLAlchemy has no such type.
    """
    match = _SHAPE.fullmatch(text)
    if match is None:
        return _interval(text)
    base, modifiers, zone = match["base"].strip(), match["modifiers"], match["zone"] or ""
    if base.endswith(" time zone"):
        base, _, rest = base.partition(" with")
        zone = " with" + rest
    found = _scalar(base, modifiers, zone, schema)
    if found is None or not match["array"]:
        return found
    dimensions = len(match["array"]) // 2
    return f"postgresql.ARRAY({found}" + (f", dimensions={dimensions})" if dimensions > 1 else ")")


def _scalar(base: str, modifiers: str | None, zone: str, schema: Schema) -> str | None:
    if base in ("timestamp", "time"):
        return _time(base, modifiers, zone)
    if zone:
        return None
    if base == "character varying":
        return f"sa.String({modifiers or ''})"
    if base == "character":
        return f"sa.CHAR({modifiers or ''})"
    if base == "numeric":
        return f"sa.Numeric({modifiers or ''})"
    if base in ("bit", "bit varying"):
        arguments = [modifiers] if modifiers else []
        return call("postgresql.BIT", *arguments, varying=True if base == "bit varying" else None)
    if base == "interval":
        return call("postgresql.INTERVAL", precision=int(modifiers) if modifiers else None)
    if base in _PLAIN:
        return _PLAIN[base]
    if base in _POSTGRESQL:
        return f"postgresql.{base.upper()}()"
    return _own(base, schema)


def _time(base: str, precision: str | None, zone: str) -> str:
    with_zone = True if zone == " with time zone" else None
    if precision is None:
        return call("sa.DateTime" if base == "timestamp" else "sa.Time", timezone=with_zone)
    return call(f"postgresql.{base.upper()}", timezone=with_zone, precision=int(precision))


def _interval(text: str) -> str | None:
    match = re.fullmatch(r"interval ([a-z ]+?)(?:\((\d)\))?", text)
    if match is None:
        return None
    fields = match[1].upper() + (f"({match[2]})" if match[2] else "")
    return call("postgresql.INTERVAL", fields=fields)


def _own(base: str, schema: Schema) -> str | None:
    parts = names_in(base)
    if len(parts) != 2:
        return None
    place, name = parts
    if place == "public" and name in _OF_EXTENSIONS:
        return f"postgresql.{name.upper()}()"
    enum = schema.objects.get(Identity("enum", place, "", name))
    if enum is not None:
        labels = [python(label) for label in enum.attributes.get("labels") or ()]
        return call("postgresql.ENUM", *labels, name=name, schema=place, create_type=False)
    domain = schema.objects.get(Identity("domain", place, "", name))
    if domain is not None:
        below = sqlalchemy_type(str(domain.attributes["type"]), schema)
        if below is not None:
            return call("postgresql.DOMAIN", python(name), below, schema=place, create_type=False)
    return None
