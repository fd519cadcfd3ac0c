"""What people get who ask for no command: bash where there is one."""

SHELL = ("sh", "-c", "command -v bash >/dev/null 2>&1 && exec bash; exec sh")
