"""Whether Python's search for rings is off while it should be, and on again whatever happened."""

import gc

import pytest

from geo.collecting import uncollected


def test_the_search_is_off_meanwhile_and_on_again_after_an_error() -> None:
    def fails() -> None:
        with uncollected():
            assert not gc.isenabled()
            with uncollected():
                pass
            assert not gc.isenabled(), "the one that began it ends it"
            raise KeyError

    assert gc.isenabled()
    with pytest.raises(KeyError):
        fails()
    assert gc.isenabled()
