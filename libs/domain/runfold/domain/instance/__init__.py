"""Instances, and the hosts whose capacity they share."""
