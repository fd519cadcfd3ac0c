"""Python SDK and command line of Runfold."""
