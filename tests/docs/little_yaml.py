"""The little YAML that `examples/` is written in: mappings, lists, plain and quoted strings, `[a, b]`, and `|` blocks.

Everything is a string, and what it does not know fails: no test should pass because a file was read wrongly.
"""

from __future__ import annotations

import json
import re
from typing import Any

_KEY = re.compile(r"(?P<key>[\w./-]+):(?: +(?P<value>.*))?$")


def read_yaml(text: str) -> Any:
    """The document that a text holds."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    value, rest = _node(lines, 0)
    assert not [line for line in rest if line.strip()], rest
    return value


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _node(lines: list[str], indent: int) -> tuple[Any, list[str]]:
    while lines and not lines[0].strip():
        lines = lines[1:]
    if lines and lines[0].lstrip().startswith("- "):
        return _list(lines, indent)
    return _mapping(lines, indent)


def _list(lines: list[str], indent: int) -> tuple[list[Any], list[str]]:
    found: list[Any] = []
    while lines and lines[0].strip() and _indent(lines[0]) == indent and lines[0].lstrip().startswith("- "):
        item = lines[0][indent + 2 :]
        if _KEY.match(item):
            # A mapping in a list begins beside the dash.
            value, lines = _mapping([" " * (indent + 2) + item, *lines[1:]], indent + 2)
        else:
            value, lines = _scalar(item), lines[1:]
        found.append(value)
        while lines and not lines[0].strip():
            lines = lines[1:]
    return found, lines


def _mapping(lines: list[str], indent: int) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    while lines:
        if not lines[0].strip():
            lines = lines[1:]
            continue
        if _indent(lines[0]) != indent:
            break
        match = _KEY.match(lines[0][indent:])
        assert match, f"not understood: {lines[0]!r}"
        key, value, lines = match["key"], match["value"], lines[1:]
        assert key not in found, f"{key} is there twice"
        if value == "|":
            found[key], lines = _block(lines, indent)
        elif value:
            found[key] = _scalar(value)
        else:
            following = next((line for line in lines if line.strip()), "")
            deeper = _indent(following) if _indent(following) > indent else None
            found[key], lines = _node(lines, deeper) if deeper is not None else (None, lines)
    return found, lines


def _block(lines: list[str], indent: int) -> tuple[str, list[str]]:
    body = []
    while lines and (not lines[0].strip() or _indent(lines[0]) > indent):
        body.append(lines[0])
        lines = lines[1:]
    depth = min(_indent(line) for line in body if line.strip())
    return "\n".join(line[depth:] for line in body).rstrip() + "\n", lines


def _scalar(text: str) -> Any:
    if text.startswith("["):
        inner = text.removeprefix("[").removesuffix("]")
        return json.loads(text) if '"' in text else [part.strip() for part in inner.split(",")]
    if text.startswith('"'):
        return json.loads(text)
    assert text[0] not in "'{&*!>|%@`", f"not understood: {text!r}"
    assert " #" not in text, f"not understood: {text!r}"
    assert ": " not in text, f"not understood: {text!r}"
    return text
