"""What each endpoint does: one module per router of dstack's server."""
