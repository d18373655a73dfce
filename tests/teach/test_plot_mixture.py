"""The drawing of a network of sigmoid units: a node for each unit, a line and its weight for each connection."""

from __future__ import annotations

import pytest

from hwlib.mixture import SigmoidNetwork
from hwlib.teach.plot import sigmoid_layers

NETWORK = SigmoidNetwork([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [0.5, 0.25, 0.25])


def test_each_weight_stands_on_a_line():
    drawn = sigmoid_layers(NETWORK, inputs=["a", "b"], hidden=list("uvwxyz"), output=["1/2", "1/4", "1/4"])
    words = [text.get_text() for text in drawn.axes[0].texts]
    assert len(drawn.axes[0].lines) == 9
    assert len(drawn.axes[0].collections) == 6
    assert set("uvwxyz") | {"a", "b", "1/2", "p(y = 1 | x)"} <= set(words)


def test_names_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="accepted are 2, 6 and 3"):
        sigmoid_layers(NETWORK, inputs=["a", "b"], hidden=["u"], output=["1/2", "1/4", "1/4"])
