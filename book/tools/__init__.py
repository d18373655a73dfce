"""Tools for those who keep the book."""
