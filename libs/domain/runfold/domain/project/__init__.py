"""Projects and their secrets."""
