"""`python -m runfold.client`: the `runfold` command."""

from runfold.client.cli import main

main()
