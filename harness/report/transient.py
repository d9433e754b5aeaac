"""The line of a terminal that tells what is going on and is taken back: which check runs, how far it is, how long yet.

Only a person who watches wants it, so nothing of it reaches a file, a pipe, or the log of a CI job.
"""

from __future__ import annotations

import os
import time
import unicodedata
from collections.abc import Callable
from typing import TextIO

from harness.report.text import printable

SECONDS_BETWEEN = 0.1
"""A terminal need not be written to more often for the line to seem alive."""

_TAKEN_BACK = "\r\x1b[K"
_TERMINAL_COLUMNS = 80  # where the terminal does not tell its width
_PACE_SECONDS = 2.0  # how long to watch before anything is foretold
_PACE_SAMPLES = 64
_PACE_LEAST_SAMPLES = 4
_PACE_DRIFT = 1.5  # how far the pace of the newer half may be from that of the whole


class Transient:
    """The line that stands below all others and is taken back before anything else is printed.

    Args:
        write: prints a text as it is.
        stream: the terminal, asked for its width.
        clock: seconds from any beginning.
    """

    def __init__(
        self, write: Callable[[str], None], stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write, self._stream, self._clock = write, stream, clock
        self._running = ""
        self._stands = ""
        self._drawn = float("-inf")
        self._paces: dict[str, Pace] = {}

    def start(self, name: str) -> None:
        """A check begins, and the line is drawn at once."""
        self._running = name
        self._draw(f"  {name} ...")

    def step(self, name: str, done: int, total: int, text: str) -> None:
        """A check has done `done` of `total`. Drawn if it is the one that runs, and not again too soon."""
        pace = self._paces.setdefault(name, Pace())
        now = self._clock()
        pace.add(now, done)
        if name != self._running or (done < total and now - self._drawn < SECONDS_BETWEEN):
            return
        left = pace.left(total) if done < total else None
        words = [f"{done} of {total}", "" if left is None else f"{duration(left)} left", text]
        self._draw(f"  {name} ... " + ", ".join(word for word in words if word))

    def end(self) -> None:
        """The check is over: what is still told of it comes too late."""
        self._running = ""
        self.clear()

    def clear(self) -> None:
        """Take the line back, if it stands."""
        if self._stands:
            self._write(_TAKEN_BACK)
            self._stands = ""

    def _draw(self, text: str) -> None:
        # A line that wraps could not be taken back as a whole; the last column is left free, for some terminals wrap
        # when it is written.
        text = shortened(printable(text).replace("\n", " "), self._columns() - 1)
        if text == self._stands:
            return
        self._write(_TAKEN_BACK + text if self._stands else text)
        self._stands = text
        self._drawn = self._clock()

    def _columns(self) -> int:
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _TERMINAL_COLUMNS
        except (OSError, ValueError):  # a pipe, or a stream with no file behind it
            return _TERMINAL_COLUMNS


class Pace:
    """How fast something goes, so that it can be told how long it will take."""

    def __init__(self) -> None:
        self._samples: list[tuple[float, int]] = []
        self._newest = (0.0, 0)
        self._between = 0.0

    def add(self, now: float, done: int) -> None:
        """At `now` seconds, `done` had been done."""
        if self._samples and done < self._newest[1]:
            self._samples = []  # it began anew
            self._between = 0.0
        self._newest = (now, done)
        if self._samples and now - self._samples[-1][0] < self._between:
            return
        self._samples.append(self._newest)
        if len(self._samples) == _PACE_SAMPLES:
            # Thinned out as time goes on, so that they stay few and reach back to the beginning.
            self._samples = self._samples[::2]
            self._between = (self._samples[-1][0] - self._samples[0][0]) / len(self._samples)

    def left(self, total: int) -> float | None:
        """Seconds until `total` is done; None while the pace is not known, or changes too much to be relied on."""
        if len(self._samples) < _PACE_LEAST_SAMPLES or self._newest[0] - self._samples[0][0] < _PACE_SECONDS:
            return None
        whole = _seconds_each(self._samples[0], self._newest)
        newer = _seconds_each(self._samples[len(self._samples) // 2], self._newest)
        if whole is None or newer is None or not 1 / _PACE_DRIFT <= newer / whole <= _PACE_DRIFT:
            return None
        return newer * (total - self._newest[1])


def _seconds_each(begin: tuple[float, int], end: tuple[float, int]) -> float | None:
    return (end[0] - begin[0]) / (end[1] - begin[1]) if end[1] > begin[1] and end[0] > begin[0] else None


def duration(seconds: float) -> str:
    """A time to wait as people say it, no more exact than it is known: `4 s`, `50 s`, `3 min`, `2 h 5 min`."""
    if seconds < 10:
        return f"{max(1, round(seconds))} s"
    if seconds < 57.5:
        return f"{5 * round(seconds / 5)} s"
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def shortened(text: str, columns: int) -> str:
    """The text cut to at most so many columns, of which letters of East Asian scripts take two."""
    used = 0
    for place, character in enumerate(text):
        used += 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if used > columns:
            return text[:place]
    return text
