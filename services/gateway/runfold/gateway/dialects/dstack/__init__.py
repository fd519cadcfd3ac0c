"""dstack's dialect, as its 0.22.5 server speaks it."""
