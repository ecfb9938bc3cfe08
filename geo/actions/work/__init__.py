"""Ground cut into units, and the work that lies on them: counts and visits."""
