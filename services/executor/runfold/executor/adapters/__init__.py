"""Where the executor meets its host: the journal's file, the identity's lock, the host's capacity."""
