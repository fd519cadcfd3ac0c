"""Runfold as five processes: credentials for each service, and the processes themselves. Standard library only."""
