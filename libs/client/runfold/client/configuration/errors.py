"""What a configuration can be refused for before the server sees it."""

from runfold.client.errors import RunfoldError


class InvalidConfiguration(RunfoldError):
    """The text names the file, and what to do."""
