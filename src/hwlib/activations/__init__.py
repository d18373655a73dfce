"""Activations: Swish and its relatives, softmax and its logarithm, and their errors against exact arithmetic.

:func:`softmax`, :func:`log_softmax`, :func:`log_sum_exp` and :func:`cross_entropy` give the right number for every row
of floats for which there is one, and an exact value to compare with comes from :func:`exact_log_softmax`;
:func:`ulp_error` counts the floats between the two. Chapters: *Swish lies between half of x and ReLU* and *Softmax
knows only differences*.

Source: problems ``act-swish``, ``act-softmax-shift``, ``act-stable-logsoftmax``.
"""

from hwlib.activations._softmax import cross_entropy, log_softmax, log_sum_exp, softmax
from hwlib.activations._swish import (
    SWISH_CONSTANT,
    gelu,
    sigmoid,
    softplus,
    swish,
    swish_linear_error,
    swish_relu_error,
)
from hwlib.activations._ulps import exact_log_softmax, exact_log_sum_exp, first_float, ulp_error

__all__ = [
    "SWISH_CONSTANT",
    "cross_entropy",
    "exact_log_softmax",
    "exact_log_sum_exp",
    "first_float",
    "gelu",
    "log_softmax",
    "log_sum_exp",
    "sigmoid",
    "softmax",
    "softplus",
    "swish",
    "swish_linear_error",
    "swish_relu_error",
    "ulp_error",
]
