"""The pytest plugin: the fixtures that `pip install` brings."""

from __future__ import annotations
