"""What the log service offers the other services over HTTP: the event log, output, wrapped keys."""
