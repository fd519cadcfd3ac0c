"""The pure core: state by replay, decisions as events. No I/O, no clock, no randomness, no logging."""
