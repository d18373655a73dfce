"""Crops, flips, normalization and batches: against loops, NumPy, PyTorch, and all possible cases."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hwlib.datasets import ImageSet, Normalization, batches, crop, digits, horizontal_flip, random_crop

from ..examples import examples


def images_of(n=5, c=3, h=4, w=6, seed=0):
    return np.random.default_rng(seed).integers(1, 256, (n, c, h, w), dtype=np.uint8)


def cropped_by_loops(image, padding, row, column):
    c, h, w = image.shape
    result = np.zeros_like(image)
    for i, y, x in itertools.product(range(c), range(h), range(w)):
        a, b = y + row - padding, x + column - padding
        if 0 <= a < h and 0 <= b < w:
            result[i, y, x] = image[i, a, b]
    return result


@pytest.mark.problem("train-augmentation")
@examples(60)
@given(
    st.integers(0, 4), st.integers(1, 3), st.integers(1, 5), st.integers(1, 5), st.integers(0, 5), st.integers(0, 99)
)
def test_a_crop_is_what_loops_make(n, c, h, w, padding, seed):
    images = images_of(n, c, h, w, seed)
    rows, columns = np.random.default_rng(seed).integers(0, 2 * padding + 1, (2, n))
    found = crop(images, padding=padding, rows=rows, columns=columns)
    expected = [cropped_by_loops(*case) for case in zip(images, [padding] * n, rows, columns, strict=True)]
    np.testing.assert_array_equal(found, np.array(expected, np.uint8).reshape(images.shape))
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    assert not np.shares_memory(found, images)


@pytest.mark.problem("train-augmentation")
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_every_crop_is_drawn_and_equally_often(padding):
    """One image whose crops all differ: 20,000 draws, each of the crops within five standard deviations."""
    image, side, draws = images_of(1, 1, 5, 5), 2 * padding + 1, 20_000
    found = random_crop(np.repeat(image, draws, 0), padding=padding, rng=0)
    every = [
        crop(image, padding=padding, rows=[r], columns=[s])[0] for r, s in itertools.product(range(side), repeat=2)
    ]
    counts = [int((found == one).all((1, 2, 3)).sum()) for one in every]
    assert sum(counts) == draws
    share = 1 / side**2
    assert abs(np.array(counts) - draws * share).max() <= 5 * np.sqrt(draws * share * (1 - share))


@pytest.mark.problem("train-augmentation")
def test_rows_and_columns_and_images_are_drawn_independently():
    image = np.zeros((1, 1, 3, 3), np.uint8)
    image[0, 0, 1, 1] = 1
    found = random_crop(np.repeat(image, 20_000, 0), padding=1, rng=1)[:, 0]
    _, rows, columns = np.nonzero(found)
    assert len(rows) == 20_000
    for one, other in ((rows, columns), (rows[:-1], rows[1:])):
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(20_000)


@pytest.mark.parametrize("change", [partial(random_crop, padding=2), horizontal_flip])
def test_a_seed_decides(change):
    images = images_of(50)
    np.testing.assert_array_equal(change(images, rng=3), change(images, rng=np.random.default_rng(3)))
    assert (change(images, rng=3) != change(images, rng=4)).any()
    assert (images == images_of(50)).all(), "the images themselves stay as they are"


@pytest.mark.parametrize("probability", [0, 0.3, 1])
def test_flips_are_flips_with_their_probability(probability):
    images = images_of(4000)
    found = horizontal_flip(images, probability=probability, rng=0)
    turned = (found == images[:, :, :, ::-1]).all((1, 2, 3))
    kept = (found == images).all((1, 2, 3))
    assert (turned ^ kept).all()
    assert abs(turned.mean() - probability) <= 5 * np.sqrt(probability * (1 - probability) / 4000)


@examples(40)
@given(st.integers(1, 5), st.integers(1, 3), st.integers(0, 99))
def test_normalized_channels_are_those_of_torch(n, c, seed):
    images = images_of(n, c, seed=seed)
    normal = Normalization.of(images)
    data = torch.from_numpy(images).double()
    scale, mean = torch.std_mean(data, dim=(0, 2, 3), correction=0, keepdim=True)
    np.testing.assert_allclose(normal.mean, mean.ravel(), rtol=1e-12)
    np.testing.assert_allclose(normal.scale, scale.ravel(), rtol=1e-12)
    found = normal(images)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, (data - mean) / scale, atol=2e-5)


def test_a_channel_without_contrast_is_only_shifted():
    assert (Normalization.of(np.full((2, 1, 3, 3), 7, np.uint8))(np.full((1, 1, 2, 2), 9, np.uint8)) == 2).all()


# --- batches ----------------------------------------------------------------------------------------------------------


def numbered(n):
    """Images that say which they are, with their number as label."""
    images = np.zeros((n, 1, 3, 3), np.uint8)
    images[:, 0, 1, 1] = np.arange(n)
    return ImageSet(images, np.arange(n), tuple(map(str, range(n))))


@examples(60)
@given(st.integers(0, 20), st.integers(1, 25), st.booleans())
def test_an_epoch_has_each_image_once_with_its_label(n, size, shuffle):
    found = list(batches(numbered(n), batch_size=size, rng=0, shuffle=shuffle))
    assert [len(labels) for _, labels in found] == [size] * (n // size) + ([n % size] if n % size else [])
    labels = [int(label) for _, some in found for label in some]
    assert sorted(labels) == list(range(n))
    assert shuffle or labels == list(range(n))
    for images, some in found:
        assert images[:, 0, 1, 1].tolist() == some.tolist()


@pytest.mark.problem("train-augmentation")
def test_the_order_is_the_same_with_and_without_crops_and_changes_with_the_epoch():
    data, plain, cropped = numbered(50), np.random.default_rng(5), np.random.default_rng(5)
    orders = []
    for _ in range(3):
        one = [y.tolist() for _, y in batches(data, batch_size=8, rng=plain)]
        other = [
            y.tolist() for _, y in batches(data, batch_size=8, rng=cropped, augment=partial(random_crop, padding=1))
        ]
        assert one == other
        orders.append(one)
    assert orders[0] != orders[1] != orders[2]
    assert plain.bit_generator.state == cropped.bit_generator.state


@pytest.mark.problem("train-augmentation")
def test_the_state_of_the_generator_between_epochs_is_all_there_is_to_save():
    data, rng, augment = numbered(30), np.random.default_rng(5), partial(random_crop, padding=1)
    list(batches(data, batch_size=7, rng=rng, augment=augment))
    state = rng.bit_generator.state
    first = list(batches(data, batch_size=7, rng=rng, augment=augment))
    again = np.random.default_rng()
    again.bit_generator.state = state
    for (x, y), (u, v) in zip(first, batches(data, batch_size=7, rng=again, augment=augment), strict=True):
        np.testing.assert_array_equal(x, u)
        np.testing.assert_array_equal(y, v)


@pytest.mark.problem("train-augmentation")
def test_without_augmentation_the_bytes_are_those_of_the_data_set_in_every_epoch():
    train, validation = digits().split(1500, rng=0)
    rng, before = np.random.default_rng(0), validation.images.tobytes()
    seen = []
    for _ in range(3):
        training = [x for x, _ in batches(train, batch_size=100, rng=rng, augment=partial(random_crop, padding=1))]
        seen.append(np.concatenate(training).tobytes())
        shown = np.concatenate([x for x, _ in batches(validation, batch_size=64, rng=rng, shuffle=False)])
        assert shown.tobytes() == before
    assert len(set(seen)) == 3
    assert validation.images.tobytes() == before


def test_a_change_in_place_is_none_of_the_data_set():
    def blackened(images, *, rng):
        images[:] = 0
        return images

    data = numbered(5)
    for shuffle in (False, True):
        assert not any(x.any() for x, _ in batches(data, batch_size=2, augment=blackened, shuffle=shuffle, rng=0))
    assert data.images[:, 0, 1, 1].tolist() == list(range(5))


# --- data sets --------------------------------------------------------------------------------------------------------


def test_the_digits_are_scikit_learns():
    load = pytest.importorskip("sklearn.datasets").load_digits()
    data = digits()
    assert data.names == tuple("0123456789")
    np.testing.assert_array_equal(data.labels, load.target)
    np.testing.assert_array_equal(np.rint(data.images[:, 0] / 255 * 16), load.images)
    assert (data.images.min(), data.images.max()) == (0, 255)


def test_a_split_has_every_image_once():
    first, rest = numbered(20).split(13, rng=0)
    assert (len(first), len(rest)) == (13, 7)
    assert sorted([*first.labels, *rest.labels]) == list(range(20))
    assert numbered(20).split(13, rng=0).test.labels.tolist() == rest.labels.tolist()
    assert [len(part) for part in numbered(3).split(3)] == [3, 0]


def test_parts_of_a_set():
    data = numbered(5)
    assert data.take([3, 3, 0]).images[:, 0, 1, 1].tolist() == [3, 3, 0]
    assert data.take(slice(1, 3)).labels.tolist() == [1, 2]
    assert repr(data) == "ImageSet(5 images of 1x3x3, 5 classes)"


GOOD = np.zeros((2, 1, 3, 3), np.uint8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ImageSet(GOOD[0], [0], ("a",)), r"images of shape \(1, 3, 3\)"),
        (lambda: ImageSet(GOOD.astype(float), [0, 0], ("a",)), "float64"),
        (lambda: ImageSet(GOOD, [0], ("a",)), "labels of shape"),
        (lambda: ImageSet(GOOD, [0, 1], ("a",)), "labels from 0 to 1: accepted are 0 to 0"),
        (lambda: ImageSet(GOOD, [0, -1], ("a",)), "labels from -1"),
        (lambda: ImageSet(GOOD, [0, 0.5], ("a",)), "labels has entries"),
        (lambda: ImageSet(GOOD, [0, 0], "a"), "names="),
        (lambda: numbered(3).take([0.5]), "indices"),
        (lambda: numbered(3).split(4), "first=4 of 3 images"),
        (lambda: numbered(3).split(-1), "first=-1"),
        (lambda: random_crop(GOOD, padding=-1), "padding=-1"),
        (lambda: random_crop(GOOD, padding=1.5), "padding=1.5"),
        (lambda: random_crop(GOOD, padding=1, rng="x"), "rng='x'"),
        (lambda: crop(GOOD, padding=1, rows=[0], columns=[0, 0]), r"rows of shape \(1,\) for 2"),
        (lambda: crop(GOOD, padding=1, rows=[0, 3], columns=[0, 0]), "rows from 0 to 3: accepted are 0 to 2"),
        (lambda: crop(GOOD, padding=1, rows=[0, 0], columns=[0, -1]), "columns from -1"),
        (lambda: horizontal_flip(GOOD, probability=2), "probability=2"),
        (lambda: horizontal_flip(GOOD[0]), "images of shape"),
        (lambda: Normalization.of(GOOD[:0]), "at least one image"),
        (lambda: Normalization([0], [0]), "scales above zero"),
        (lambda: Normalization([0, 0], [1, 1])(GOOD), "2 channels"),
        (lambda: batches(GOOD, batch_size=1), "dataset="),
        (lambda: batches(numbered(3), batch_size=0), "batch_size=0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
