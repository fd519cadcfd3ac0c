"""Runfold's own API: what no other dialect has words for."""
