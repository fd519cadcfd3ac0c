"""The whole cell, folded: what every service looks things up in."""
