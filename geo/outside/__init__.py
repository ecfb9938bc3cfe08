"""Messages to others: where they may go, how they are signed, how they are carried."""
