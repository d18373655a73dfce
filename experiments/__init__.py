"""Experiments that take too long for a page: each writes a small file with a checksum and where it comes from."""
