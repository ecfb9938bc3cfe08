"""The command gridcircle: words -> one action -> one answer."""
