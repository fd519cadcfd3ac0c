"""Adapters of the service library; imported only where a setting asks for them."""
