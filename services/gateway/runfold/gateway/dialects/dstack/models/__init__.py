"""The shapes of dstack's answers: for the document, and for the tests that compare what is rendered with them."""
