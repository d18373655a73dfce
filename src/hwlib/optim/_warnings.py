"""What the products with a Hessian warn of."""

from __future__ import annotations


class KinkWarning(UserWarning):
    """A finite difference stepped over a kink, such as that of ReLU, where gradients jump."""
