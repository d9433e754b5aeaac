"""A script cut into what psql sends: one statement at a time.

psql sends a statement when it meets a semicolon outside of quotes, comments, parentheses and the bodies of SQL-standard
functions (`fe_utils/psqlscan.l` in PostgreSQL's source). Several statements sent as one text would share a transaction,
and `CREATE INDEX CONCURRENTLY` would fail where psql runs it; and a semicolon that Alembic writes behind a comment ends
nothing. General SQL splitters know neither, so the rules stand here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""
      (?P<space>\s+|--[^\n]*)
    | (?P<comment>/\*)
    | (?P<escapes>[eE]'[^'\\]*(?:(?:\\.|'')[^'\\]*)*')
    | (?P<quoted>'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*")
    | (?P<dollar>\$(?:[A-Za-z_\u0080-\U0010ffff][\w\u0080-\U0010ffff]*)?\$)
    | (?P<word>[A-Za-z_\u0080-\U0010ffff][\w$\u0080-\U0010ffff]*)
    | (?P<escaped>\\[;:])
    | (?P<command>\\[^\n]*)
    | (?P<open>[eE]?'|")
    | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_NESTED_COMMENT = re.compile(r"/\*|\*/")
_SQL_FUNCTION = re.compile(r"create (or replace )?(function|procedure) ")
_REMEMBERED_WORDS = 4


@dataclass(frozen=True)
class Statement:
    """A statement as psql would send it.

    Attributes:
        text: without its semicolon, and without the comments in front of it.
        start: where its first word stands in the script, counted in characters from 0.
        ended: whether a semicolon ends it; if not, it is what was left at the end of the script.
    """

    text: str
    start: int
    ended: bool = True


@dataclass(frozen=True)
class Command:
    """A line for psql itself, as `\\connect other`; `start` as in `Statement`."""

    text: str
    start: int


def split(script: str) -> Iterator[Statement | Command]:
    """The statements and commands of a script, in order; what holds nothing but comments is left out.

    Variables (`:name`) are left as they stand, as psql leaves those that are not set.
    """
    position, buffer = 0, _Buffer()
    while position < len(script):
        match = _TOKEN.match(script, position)
        assert match is not None  # the last alternative takes any character
        kind, text, end = match.lastgroup, match[0], match.end()
        if kind == "comment":
            end = _end_of_comment(script, end)
        elif kind == "dollar":
            found = script.find(text, end)
            end = len(script) if found < 0 else found + len(text)
        elif kind == "open":
            end = len(script)
        if kind == "command":
            yield Command(text.rstrip(), position)
        elif text == ";" and buffer.may_end:
            if buffer.start is not None:
                yield Statement(buffer.text, buffer.start)
            buffer = _Buffer()
        else:
            buffer.add(kind or "", script[position + (kind == "escaped") : end], position)
        position = end
    if buffer.start is not None:
        yield Statement(buffer.text, buffer.start, ended=False)


class _Buffer:
    """The statement that is being read."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._words: list[str] = []
        self._parentheses = 0
        self._bodies = 0
        self.start: int | None = None

    @property
    def text(self) -> str:
        return "".join(self._parts).strip()

    @property
    def may_end(self) -> bool:
        return self._parentheses == 0 and self._bodies == 0

    def add(self, kind: str, text: str, position: int) -> None:
        if self.start is None:
            if kind in ("space", "comment"):
                return
            self.start = position
        self._parts.append(text)
        if kind in ("space", "comment"):
            return
        if text == "(":
            self._parentheses += 1
        elif text == ")":
            self._parentheses = max(0, self._parentheses - 1)
        elif kind == "word":
            self._word(text.lower())

    def _word(self, word: str) -> None:
        if len(self._words) < _REMEMBERED_WORDS:
            self._words.append(word)
        if self._parentheses or _SQL_FUNCTION.match(" ".join(self._words) + " ") is None:
            return
        if word == "begin" or (word == "case" and self._bodies):
            self._bodies += 1
        elif word == "end":
            self._bodies = max(0, self._bodies - 1)


def _end_of_comment(script: str, position: int) -> int:
    depth = 1
    while depth:
        match = _NESTED_COMMENT.search(script, position)
        if match is None:
            return len(script)
        depth += 1 if match[0] == "/*" else -1
        position = match.end()
    return position
