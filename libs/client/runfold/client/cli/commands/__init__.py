"""One module for each command. None imports at its top what only its work needs: help is there at once."""
