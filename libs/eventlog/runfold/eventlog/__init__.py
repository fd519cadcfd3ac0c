"""The event log: its port, its one writer, its adapters, and how everyone follows it."""
