"""Urgent cases whose deadline passed are found at once.

Revision ID: 0023
Revises: 0022
"""

from pathlib import Path

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((Path(__file__).parent / "0023_urgent_breaches.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("migrations go forward only; restore a dump to go back")
