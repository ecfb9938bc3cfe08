"""Who can help, and what stays covered."""
