"""A job and its attempts."""
