"""Other nets over the same ground, and one made of them."""
