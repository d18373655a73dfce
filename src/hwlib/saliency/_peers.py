"""What two other packages were measured to return; see ``experiments/saliency_peers.py``.

Chapter: *A saliency map shows a gradient, not a reason*.
"""

from __future__ import annotations

from typing import Any

from hwlib._core.results import stored_results


def peers_measured() -> dict[str, Any]:
    """What captum and grad-cam returned where they were tried, stored with their versions.

    Returns:
        ``"provenance"`` (versions, date) and ``"results"``: ``"guided"``, for each way to write ReLU how far each
        package's guided backpropagation is from the guided and from the plain gradient, as a share of the largest entry
        of that one, and the correlation of the two; ``"cam_maxima"``, the largest value of Grad-CAM on three
        photographs with one target for all and with one for each; ``"left_behind"``, what grad-cam left changed in a
        model.

    Raises:
        ValueError: if the stored file was changed.

    Example:
        >>> rows = {row["relu"]: row for row in peers_measured()["results"]["guided"]}
        >>> rows["F.relu(x)"]["captum"]["plain"], rows["nn.ReLU()"]["captum"]["guided"]
        (0.0, 0.0)
    """
    stored = stored_results("hwlib.saliency", "peers", script="saliency_peers")
    return {key: stored[key] for key in ("provenance", "results")}
