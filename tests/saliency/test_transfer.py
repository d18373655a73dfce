"""Shifts, crops, rounding and JPEG against Pillow and by hand; and whether a class survives them."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from hwlib.saliency import cropped, jpeg, rounded, shifted, transfer

pytestmark = pytest.mark.problem("input-gradients")


def some_images(dtype=torch.float64):
    return torch.as_tensor(np.random.default_rng(0).uniform(size=(2, 3, 16, 24))).to(dtype)


@pytest.mark.parametrize(("right", "down"), [(0, 0), (3, 0), (-3, 0), (0, 2), (0, -2), (5, -4), (30, 30)])
def test_a_shift_moves_pixels_and_repeats_the_side(right, down):
    images = some_images()
    moved = shifted(images, right, down)
    for row in range(16):
        for column in range(24):
            from_row, from_column = min(max(row - down, 0), 15), min(max(column - right, 0), 23)
            assert torch.equal(moved[..., row, column], images[..., from_row, from_column])


def test_a_crop_keeps_the_middle():
    images = some_images()
    assert torch.equal(cropped(images, 1), images)
    ramp = torch.arange(16.0).reshape(1, 1, 1, 16).expand(1, 3, 16, 16)
    half = cropped(ramp, 0.5)
    assert half.shape == ramp.shape
    # Pixel k of the half is at 4 + (k + 1/2) / 2 - 1/2 of the ramp, but for the ends, which are repeated.
    assert half[0, 0, 0, 1:-1].tolist() == [4 + (k + 0.5) / 2 - 0.5 for k in range(1, 15)]
    with pytest.raises(ValueError, match="share"):
        cropped(ramp, 1.5)


def test_rounding_gives_what_a_file_without_loss_holds():
    images = some_images()
    file = io.BytesIO()
    pixels = (255 * images[0].permute(1, 2, 0).numpy()).round().astype(np.uint8)
    Image.fromarray(pixels).save(file, format="PNG")
    assert np.array_equal((255 * rounded(images)[0]).permute(1, 2, 0).numpy().round(), np.array(Image.open(file)))
    assert float((rounded(images) - images).abs().max()) <= 0.5 / 255 + 1e-12


def test_jpeg_loses_more_at_lower_quality_and_keeps_the_type():
    smooth = torch.linspace(0, 1, 64).reshape(1, 1, 1, 64).expand(1, 3, 64, 64)
    noisy = (smooth + 0.1 * torch.as_tensor(np.random.default_rng(0).normal(size=(1, 3, 64, 64))).float()).clamp(0, 1)
    lost = [float((jpeg(noisy, quality) - noisy).norm()) for quality in (95, 75, 50, 10)]
    assert lost == sorted(lost)
    assert float((jpeg(smooth, 95) - smooth).abs().max()) < 0.02
    assert jpeg(some_images(), 75).dtype == torch.float64
    for images, quality in ((smooth, 0), (smooth, 101), (smooth[0], 75), (smooth[:, :1], 75)):
        with pytest.raises(ValueError, match="accepted is"):
            jpeg(images, quality)


def test_transfer_asks_the_model_about_each_changed_image():
    model = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()).double()
    images = torch.tensor([[0.9, 0.5, 0.1], [0.2, 0.21, 0.1]]).double()[..., None, None].expand(2, 3, 8, 8)
    found = transfer(model, images, [0, 1])
    assert next(iter(found)) == "8 bits"
    assert all(kept.tolist() == [True, True] for name, kept in found.items() if not name.startswith("JPEG"))
    darker = {"red off": lambda x: x * torch.tensor([0.0, 1.0, 1.0]).double()[:, None, None]}
    assert transfer(model, images, [0, 1], changes=darker)["red off"].tolist() == [False, True]
    assert transfer(model, images[:1], 0, changes=darker)["red off"].tolist() == [False]
    with pytest.raises(ValueError, match="as many classes as images"):
        transfer(model, images, 0)
    with pytest.raises(ValueError, match="from 0 to 2"):
        transfer(model, images[:1], 3)
