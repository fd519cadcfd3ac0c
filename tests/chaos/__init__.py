"""Real processes and servers that die, lose each other and come back; an oracle says what may not come of it."""
