"""`python -m runfold.client`: the `runfold` command."""

from runfold.client.cli.app import main

main()
