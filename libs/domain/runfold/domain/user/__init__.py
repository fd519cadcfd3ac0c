"""Users, tokens, grants, and what they allow."""
