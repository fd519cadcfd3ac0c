"""Repos of this machine, and ways to those of others, by the machine's own `git` and `ssh`."""
