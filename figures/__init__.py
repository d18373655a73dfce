"""Illustrations for slides, one module a topic: ``python -m figures`` writes all SVG files anew."""
