"""A convolution is a matrix: building it, its shifts, its transpose, its gradients, its cost (chapters *conv_…*)."""

from hwlib.conv._cost import Cost, conv_cost, image_channels_first, kernel_channels_first, measured_costs
from hwlib.conv._enlarge import (
    WAYS_TO_ENLARGE,
    EnlargingRuns,
    enlarger,
    flat_contrast,
    stored_enlarging,
    train_enlarger,
)
from hwlib.conv._gradients import (
    circular_eigenvalues,
    col2im,
    im2col,
    input_gradient,
    kernel_gradient,
    operator_norm,
    power_iteration,
    sigmoid_gradient,
)
from hwlib.conv._matrix import conv_matrix, output_shape, symbol_array, symbolic_conv_matrix
from hwlib.conv._phases import nearest_even_kernel, phase_sums, resize_factor
from hwlib.conv._plan import Padding
from hwlib.conv._shifts import (
    circular_conv_matrix,
    circular_kernel,
    commutes_with_shifts,
    fourier_convolution,
    measured_convolutions,
    modular_convolution,
    modular_fourier,
)
from hwlib.conv._transpose import (
    conv_transpose_matrix,
    conv_transpose_output_shape,
    pixel_shuffle_matrix,
    subpixel_kernel,
    symbolic_conv_transpose_matrix,
    transposed_kernel,
)

__all__ = [
    "WAYS_TO_ENLARGE",
    "Cost",
    "EnlargingRuns",
    "Padding",
    "circular_conv_matrix",
    "circular_eigenvalues",
    "circular_kernel",
    "col2im",
    "commutes_with_shifts",
    "conv_cost",
    "conv_matrix",
    "conv_transpose_matrix",
    "conv_transpose_output_shape",
    "enlarger",
    "flat_contrast",
    "fourier_convolution",
    "im2col",
    "image_channels_first",
    "input_gradient",
    "kernel_channels_first",
    "kernel_gradient",
    "measured_convolutions",
    "measured_costs",
    "modular_convolution",
    "modular_fourier",
    "nearest_even_kernel",
    "operator_norm",
    "output_shape",
    "phase_sums",
    "pixel_shuffle_matrix",
    "power_iteration",
    "resize_factor",
    "sigmoid_gradient",
    "stored_enlarging",
    "subpixel_kernel",
    "symbol_array",
    "symbolic_conv_matrix",
    "symbolic_conv_transpose_matrix",
    "train_enlarger",
    "transposed_kernel",
]
