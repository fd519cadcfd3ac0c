"""Fleets: how instances come to be."""
