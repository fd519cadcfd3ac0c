"""The SSH front door: one port by which people get at the jobs that they may run."""
