"""Where the real open data lie, beside the checkout; tests that need them skip where they are not."""

from __future__ import annotations

from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "shared" / "data"

needs_real_data = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"no real data at {FOLDER}")
