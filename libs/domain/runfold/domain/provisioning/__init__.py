"""Which instances there should be: a pure function from the cell's state to decisions."""
