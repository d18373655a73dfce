"""What an output sees: receptive fields, architectures to look at, and the corner problem (chapters *receptive_…*)."""

from hwlib.receptive import architectures, corners
from hwlib.receptive._corner_training import (
    CORNER_KINDS,
    CornerNetworks,
    CornerRuns,
    stored_corner_runs,
    train_corner_networks,
)
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
    "CORNER_KINDS",
    "CornerNetworks",
    "CornerRuns",
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
    "stored_corner_runs",
    "train_corner_networks",
]
