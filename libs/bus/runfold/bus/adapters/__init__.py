"""The port's adapters; only bootstrap modules import them."""
