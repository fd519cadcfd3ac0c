"""How answers look: pure functions from models to tables and texts."""
