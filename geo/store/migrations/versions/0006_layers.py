"""Layers: the nets that departments have each drawn.

Revision ID: 0006
Revises: 0005
"""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql((Path(__file__).parent / "0006_layers.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("migrations go forward only; restore a dump to go back")
