"""Ways into a job by the machine's own `ssh`."""
