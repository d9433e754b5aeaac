"""The gate: the checks that look at a live database. `harness.gate(...)` runs them; `docs/gate.md` describes them.

The function and this room have one name, and importing anything of the room would hide the function behind it: so the
room can be called, and is the function.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any


class _Gate(ModuleType):
    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        from harness.api import gate

        return gate(*arguments, **keywords)


sys.modules[__name__].__class__ = _Gate
