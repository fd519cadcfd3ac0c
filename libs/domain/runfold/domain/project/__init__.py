"""Projects, their secrets and repos."""
