"""The message bus: its port, its topology in one table, and its adapters. Messages only hurry; the log is the truth."""
