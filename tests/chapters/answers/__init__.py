"""Answers to exercises, right and wrong, a file a chapter; `test_exercises` gives them to `check`."""
