"""Staying with a run: its states as they change, its output as it comes, and where both are shown."""
