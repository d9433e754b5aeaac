"""How names and texts are written, in SQL and in Python."""

from __future__ import annotations

import re
from importlib import resources

from harness.schema.model import Identity

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')

# What may not be a name of a table or column unless it is quoted: appendix C of PostgreSQL's manual, versions 13 to 18.
_KEYWORDS = frozenset((resources.files(__package__) / "keywords.txt").read_text(encoding="utf-8").split())

# Settings whose value is a list of names, stored as it was written (PostgreSQL's GUC_LIST_QUOTE).
_LISTS = frozenset(
    {
        "local_preload_libraries",
        "search_path",
        "session_preload_libraries",
        "shared_preload_libraries",
        "temp_tablespaces",
        "unix_socket_directories",
    }
)

# What SQLAlchemy's text() would take for a parameter.
_PARAMETER = re.compile(r"(?<![:\w\\]):(?=\w+(?!:))")


def ident(name: str) -> str:
    """A name in SQL, quoted where it must be."""
    if _PLAIN.fullmatch(name) and name not in _KEYWORDS:
        return name
    return '"' + name.replace('"', '""') + '"'


def dotted(*names: str) -> str:
    """Names with dots between them, the empty ones left out."""
    return ".".join(ident(name) for name in names if name)


def qualified(identity: Identity) -> str:
    """An object's own name in SQL, with its schema and, of a routine, the types of its arguments."""
    return dotted(identity.schema, identity.name) + identity.signature


def table_of(identity: Identity) -> str:
    """The name in SQL of the table, view or domain that an object belongs to."""
    return dotted(identity.schema, identity.table)


def idents(names: tuple[str, ...]) -> str:
    """A list of names in SQL."""
    return ", ".join(ident(name) for name in names)


def literal(text: str) -> str:
    """A text in SQL."""
    if "\\" in text:
        return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
    return "'" + text.replace("'", "''") + "'"


def dollar_quoted(text: str) -> str:
    """A text between dollar signs, with a tag that does not occur in it."""
    tag = "$$"
    while tag[:-1] in text:
        tag = f"${tag.strip('$')}x$"
    return f"{tag}{text}{tag}"


def names_in(text: str) -> tuple[str, ...]:
    """The parts of a qualified name that the server has printed, unquoted."""
    return tuple(quoted.replace('""', '"') if quoted or not plain else plain for quoted, plain in _PART.findall(text))


def assignment(setting: str) -> str:
    """`name to value`, from `name=value` as the catalogs keep it."""
    name, _, value = setting.partition("=")
    written = value if name.lower() in _LISTS and value else literal(value)
    return f"{name} to {written}"


def text_argument(sql: str) -> str:
    """SQL as a Python literal that SQLAlchemy's `text()` reads as what it is, not as parameters."""
    escaped = _PARAMETER.sub(r"\\:", sql)
    if "\n" not in escaped:
        return python(escaped)
    if '"""' in escaped or escaped.endswith(('"', "\\")):
        return repr(escaped)
    prefix = "r" if "\\" in escaped else ""
    return f'{prefix}"""{escaped}"""'


class Source(str):
    """Python source that stands for itself where a value is wanted."""


def python(value: object) -> str:
    """A value as Python source, texts in double quotes as the formatters have them."""
    if isinstance(value, Source):
        return str(value)
    if isinstance(value, str):
        return repr(value) if '"' in value else '"' + repr(value + '"')[1:-2].replace("\\'", "'") + '"'
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(python(part) for part in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{python(key)}: {python(part)}" for key, part in value.items()) + "}"
    return repr(value)


def call(function: str, *arguments: str, **named: object) -> str:
    """A call as Python source; `arguments` are source, of `named` those that are None are left out."""
    parts = [*arguments, *(f"{name}={python(value)}" for name, value in named.items() if value is not None)]
    return f"{function}({', '.join(parts)})"
