"""When Python looks for rings of objects that nobody holds any more."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for rings meanwhile: where a million objects are made and kept, it goes through all of them in vain.

    All else is freed as ever. It holds for the whole process; of several at once the one that began it ends it.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
