"""HTTP without a web framework: calls, answers, routes and the pipeline between them, so that a simulation can call."""
