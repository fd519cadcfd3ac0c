"""The server's calls as values: each is made here once and sent by either client. The first argument is the project."""
