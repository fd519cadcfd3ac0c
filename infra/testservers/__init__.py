"""The servers that tests need: found, installed, started, stopped and hurt. Standard library only."""
