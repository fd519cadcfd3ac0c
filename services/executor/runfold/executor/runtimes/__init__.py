"""What can run an attempt: containers, processes, and a twin in memory."""
