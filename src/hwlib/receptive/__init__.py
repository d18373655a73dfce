"""What an output sees: receptive fields, architectures to look at, and the corner problem (chapters *receptive_…*)."""

from hwlib.receptive import architectures, corners
from hwlib.receptive._effective import effective_extent, effective_field
from hwlib.receptive._field import (
    FieldRow,
    ReceptiveField,
    Unit,
    UnknownOperationError,
    input_sizes,
    receptive_field,
    smallest_input,
)

__all__ = [
    "FieldRow",
    "ReceptiveField",
    "Unit",
    "UnknownOperationError",
    "architectures",
    "corners",
    "effective_extent",
    "effective_field",
    "input_sizes",
    "receptive_field",
    "smallest_input",
]
