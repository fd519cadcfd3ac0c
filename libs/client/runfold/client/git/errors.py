"""What keeps a repo from going along with a run."""

from runfold.client.errors import RunfoldError


class UnusableRepo(RunfoldError):
    """The text names the repo, and what to do."""
