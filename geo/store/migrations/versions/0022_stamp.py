"""Published plans say whether their grids share their borders place by place.

Revision ID: 0022
Revises: 0021
"""

from pathlib import Path

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((Path(__file__).parent / "0022_stamp.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("migrations go forward only; restore a dump to go back")
