"""What jobs print, on its way from the broker into the store."""
