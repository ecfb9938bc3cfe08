"""Counts of work: cases, visits and special households by unit.

Revision ID: 0007
Revises: 0006
"""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((Path(__file__).parent / "0007_work_counts.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("migrations go forward only; restore a dump to go back")
