"""From a document to what the server makes of it: plan, question, submission."""
