"""A run: one or more jobs under a name."""
