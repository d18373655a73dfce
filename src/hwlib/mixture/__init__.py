"""Mixtures of logistic regressions: as networks, along a line, and fitted (chapter *mixture_network*)."""

from hwlib.mixture._fit import (
    MixtureFit,
    em_step,
    fit_em,
    fit_gradient,
    log_likelihood_gradient,
    weighted_logistic,
)
from hwlib.mixture._line import line_slack, mixture_through
from hwlib.mixture._mixture import Mixture, align, draw_labels, random_mixture
from hwlib.mixture._network import SigmoidNetwork, as_mixture, marginal_network, normal_form

__all__ = [
    "Mixture",
    "MixtureFit",
    "SigmoidNetwork",
    "align",
    "as_mixture",
    "draw_labels",
    "em_step",
    "fit_em",
    "fit_gradient",
    "line_slack",
    "log_likelihood_gradient",
    "marginal_network",
    "mixture_through",
    "normal_form",
    "random_mixture",
    "weighted_logistic",
]
