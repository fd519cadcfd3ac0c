"""What runs next and where: a pure function from the cell's state to decisions."""
