"""The book in other forms: notebooks, and the library's wheel that they install."""
