"""The exercises of the book, one module a chapter: a reference computation each, never a stored answer."""
