"""Regions as machine code, for those who have numba: the answers of :mod:`hwlib.regions._numpy`, sooner.

Nothing here is imported before somebody wants it but ``_made``, which says whether the machine code is on the disk;
``_start`` compiles it, or loads it. The idea is the same as in NumPy, signs at shared corners and left turns; what
differs is the bookkeeping, which goes face by face and cell by cell.
"""
