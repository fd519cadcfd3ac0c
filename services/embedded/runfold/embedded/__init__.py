"""All five services in one process, with SQLite, a broker within the process and this host's executor."""
