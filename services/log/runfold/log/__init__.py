"""The event log's only writer, its publication, and all that executors say and are told."""
