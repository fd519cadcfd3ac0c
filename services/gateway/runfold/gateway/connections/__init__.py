"""Connections into what runs: asked for here, opened by the executor."""
