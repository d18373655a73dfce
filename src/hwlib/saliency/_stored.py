"""What ``experiments/images.py`` measured and made: fooling images, pictures of classes, styles."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hwlib._core.optional import require
from hwlib._core.results import stored_results
from hwlib._core.types import Array, Integers

__all__ = ["FoolingTable", "MadeImages", "Picture", "Stages", "Styled", "Variant", "made_images"]

Truths = NDArray[np.bool_]


@dataclass(frozen=True)
class Picture:
    """A small picture, as WebP with loss: to be looked at, not to be measured on.

    Attributes:
        alt: what is to be seen.
        webp: the file.
    """

    alt: str
    webp: bytes = field(repr=False)

    def pixels(self) -> NDArray[np.uint8]:
        """The pixels, ``(h, w, 3)``, from 0 to 255.

        Raises:
            ImportError: if Pillow is not installed.

        Example:
            >>> made_images().styles[0].image.pixels().shape
            (224, 224, 3)
        """
        import io

        pillow = require("PIL.Image")
        return np.array(pillow.open(io.BytesIO(self.webp)).convert("RGB"))

    def data_uri(self) -> str:
        """The file as the address of an image on a page.

        Example:
            >>> made_images().styles[0].image.data_uri()[:23]
            'data:image/webp;base64,'
        """
        return "data:image/webp;base64," + base64.b64encode(self.webp).decode()


@dataclass(frozen=True, repr=False, eq=False)
class FoolingTable:
    """What was measured on photographs, each with one target class drawn beforehand; one row a photograph.

    Attributes:
        names: of the photographs, as :func:`hwlib.saliency.photograph` takes them.
        label: ``(n,)``, the model's class.
        target: ``(n,)``, class to reach.
        predicted: ``(n,)``: distance to the target that the tangent at the photograph predicts, by
            :func:`hwlib.saliency.linear_prediction`.
        straight: ``(n,)``: on the ray along that gradient, the shortest length at which the model was seen to give
            another class than the label, asked at twenty places; infinite if there was none up to ten times the
            prediction. Pixels are not cut off at 0 and 1 on this ray.
        reached: ``(n,)``: which class it gives there; -1 if none.
        level: ``(n,)``: on the same ray, the shortest length at which the target's score was seen to be as high as the
            label's, whatever the others are; infinite as above. For a linear model it is the prediction.
        found: ``(n,)``: norm of the least change found, by :func:`hwlib.saliency.fooling_image`.
        factors: ``(k,)``: how many times this change was added, cut off at 0 and 1: 1 is the border itself.
        changes: ``"as it is"``, and the names of :func:`hwlib.saliency.transfer_changes`.
        keeps: ``(changes, n)``: whether the photograph itself keeps its label.
        holds: ``(k, changes, n)``: whether the fooling image still gets the target.
        returns: ``(k, changes, n)``: whether it gets the photograph's label again.
    """

    names: tuple[str, ...]
    label: Integers
    target: Integers
    predicted: Array
    straight: Array
    reached: Integers
    level: Array
    found: Array
    factors: Array
    changes: tuple[str, ...]
    keeps: Truths
    holds: Truths
    returns: Truths

    def __repr__(self) -> str:
        return f"FoolingTable({len(self.names)} photographs, {len(self.factors)} factors, {len(self.changes)} changes)"


@dataclass(frozen=True, repr=False, eq=False)
class Stages:
    """How a picture came about.

    Attributes:
        title: such as ``"strawberry"``.
        target: class.
        pictures: one a stage.
        at: ``(k,)``: after how many steps.
        classes: numbers of the classes that probabilities are given for.
        probabilities: ``(k, classes)``, of the images before they became pictures.
        norms: ``(k,)``: distance from the first; of fooling images.
        differences: of fooling images, the change, around grey and enlarged.
        enlarged: by how much.
    """

    title: str
    target: int
    pictures: tuple[Picture, ...]
    at: Integers
    classes: tuple[int, ...]
    probabilities: Array
    norms: Array | None = None
    differences: tuple[Picture, ...] = ()
    enlarged: float = 1.0

    def __repr__(self) -> str:
        return f"Stages({self.title}, {len(self.pictures)} pictures)"


@dataclass(frozen=True)
class Variant:
    """A picture of a class, made with some of what holds a climb back.

    Attributes:
        picture: what came out.
        score: of the class.
        probability: of the class.
        cropped: its probability for the middle nine tenths of each side, brought back to size.
    """

    picture: Picture
    score: float
    probability: float
    cropped: float


@dataclass(frozen=True)
class Styled:
    """A photograph that took on the style of another.

    Attributes:
        content: name of the one photograph, as :func:`hwlib.saliency.photograph` takes it.
        style: name of the other.
        image: what came out.
        content_loss: at the end.
        style_loss: at the beginning and at the end.
    """

    content: str
    style: str
    image: Picture
    content_loss: float
    style_loss: tuple[float, float]


@dataclass(frozen=True, repr=False, eq=False)
class MadeImages:
    """All that the experiment stored.

    Attributes:
        fooling: measurements on 26 photographs.
        fooling_steps: one fooling image, step by step.
        class_images: pictures of some classes, stage by stage, by the name of the class.
        variants: one class with all that holds a climb back, with one part of it left out, and with none.
        gallery: last pictures of more classes, also of those that nobody would recognise.
        styles: photographs in the style of others.
        provenance: script, network, photographs; and for each of its ``parts`` versions, machine and date, and
            minutes of computing where they were taken.
    """

    fooling: FoolingTable
    fooling_steps: Stages
    class_images: dict[str, Stages]
    variants: dict[str, Variant]
    gallery: dict[str, Picture]
    styles: tuple[Styled, ...]
    provenance: dict[str, Any]

    def __repr__(self) -> str:
        return f"MadeImages({self.fooling!r}, {len(self.class_images)} class images, {len(self.styles)} styles)"


def made_images() -> MadeImages:
    """What ``experiments/images.py`` made with EfficientNet-Lite0, which takes longer than a page may.

    Returns:
        Measurements and pictures; PyTorch is not needed.

    Raises:
        FileNotFoundError: if the experiment was never run.
        ValueError: if the results are not those of the checksum.

    Chapter: *Images made by gradients*.

    Source: problem ``input-gradients``.

    Example:
        >>> made_images().fooling
        FoolingTable(26 photographs, 3 factors, 10 changes)
    """
    stored = stored_results("hwlib.saliency", "images", script="images")
    results = stored["results"]
    return MadeImages(
        fooling=_table(results["fooling"]),
        fooling_steps=_stages(results["fooling_steps"]),
        class_images={one["title"]: _stages(one) for one in results["class_images"]},
        variants={
            name: Variant(**{**one, "picture": _picture(one["picture"])}) for name, one in results["variants"].items()
        },
        gallery={name: _picture(picture) for name, picture in results["gallery"].items()},
        styles=tuple(
            Styled(**{**one, "image": _picture(one["image"]), "style_loss": tuple(one["style_loss"])})
            for one in results["styles"]
        ),
        provenance=stored["provenance"],
    )


def _table(rows: dict[str, Any]) -> FoolingTable:
    return FoolingTable(
        names=tuple(rows["names"]),
        label=np.array(rows["label"], np.int64),
        target=np.array(rows["target"], np.int64),
        predicted=np.array(rows["predicted"], float),
        straight=np.array([np.inf if x is None else x for x in rows["straight"]], float),
        reached=np.array(rows["reached"], np.int64),
        level=np.array([np.inf if x is None else x for x in rows["level"]], float),
        found=np.array(rows["found"], float),
        factors=np.array(rows["factors"], float),
        changes=tuple(rows["changes"]),
        keeps=np.array(rows["keeps"], bool),
        holds=np.array(rows["holds"], bool),
        returns=np.array(rows["returns"], bool),
    )


def _stages(stored: dict[str, Any]) -> Stages:
    norms = stored.get("norms")
    return Stages(
        title=stored["title"],
        target=stored["target"],
        pictures=tuple(map(_picture, stored["pictures"])),
        at=np.array(stored["at"], np.int64),
        classes=tuple(stored["classes"]),
        probabilities=np.array(stored["probabilities"], float),
        norms=None if norms is None else np.array(norms, float),
        differences=tuple(map(_picture, stored.get("differences", ()))),
        enlarged=stored.get("enlarged", 1.0),
    )


def _picture(stored: dict[str, str]) -> Picture:
    return Picture(stored["alt"], base64.b64decode(stored["webp"]))
