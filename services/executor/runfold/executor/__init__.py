"""Runs the containers or processes of one host."""
