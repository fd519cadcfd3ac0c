"""Configurations as people write them: found, read, filled in and checked before the server gets them."""
