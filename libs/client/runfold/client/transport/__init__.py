"""From a call to its answer: what both clients share, and the two ways of waiting."""
