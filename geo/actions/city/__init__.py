"""What is known of the city in force, and who may do what in it."""
