"""What the gateway keeps beside the cell to answer fast. All of it is fed by the view and rebuilt with it."""
