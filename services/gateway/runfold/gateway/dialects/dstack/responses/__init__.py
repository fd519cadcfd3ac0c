"""Core state in dstack's words. Whatever is rendered here has the key sets of `models.py`; the tests compare them."""
