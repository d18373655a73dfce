"""hwlib.teach.explore: frames hold computed numbers, sliders are joined to them, links join the right cells."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import ipywidgets
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from hwlib.conv import conv_matrix, measured_costs
from hwlib.network import relu_module, snapshots, two_spirals
from hwlib.optim import least_squares_limit, measured_networks, parameter_count
from hwlib.regions import count_regions
from hwlib.teach.explore import (
    approximation_explorer,
    conv_explorer,
    conv_links,
    conv_transpose_explorer,
    corners_explorer,
    cost_explorer,
    descent_explorer,
    difference_explorer,
    double_descent_explorer,
    folding_explorer,
    gradient_explorer,
    neuron_explorer,
    newton_explorer,
    piece_explorer,
    receptive_explorer,
    signals_explorer,
    training_explorer,
)

IMAGE = np.arange(1, 17).reshape(4, 4) % 10
SIZES, STRIDES, PADDINGS = (1, 2, 3), (1, 2, 3), (0, 1, 2)


@pytest.fixture(scope="module")
def explorer():
    return conv_explorer(IMAGE, kernel_sizes=SIZES, strides=STRIDES, paddings=PADDINGS)


def shown(explorer, k, s, p):
    """The frame that the sliders' positions lead to, followed through the stacks as the browser does."""
    widget = explorer.children[-1]
    for index in (SIZES.index(k), STRIDES.index(s), PADDINGS.index(p)):
        widget = widget.children[index]
    return widget.value


@pytest.mark.parametrize("k", SIZES)
@pytest.mark.parametrize("s", STRIDES)
@pytest.mark.parametrize("p", PADDINGS)
def test_each_frame_shows_torch_s_output_and_one_cell_for_each_weight(explorer, k, s, p):
    kernel = np.arange(1, k * k + 1).reshape(k, k)
    tensors = [torch.tensor(array)[None, None] for array in (IMAGE, kernel)]
    expected = F.conv2d(*tensors, stride=s, padding=p)[0, 0]
    *_, matrix, output = ElementTree.fromstring(f"<div>{shown(explorer, k, s, p)}</div>").iter("svg")
    assert [text.text for text in output.iter("text")] == [str(y) for y in expected.ravel().tolist()]
    filled = [cell for cell in matrix.iter("rect") if cell.get("fill") != "none"]
    assert len(filled) == conv_matrix(kernel, IMAGE.shape, stride=s, padding=p).nnz
    assert f"the output is {expected.shape[0]} × {expected.shape[1]}" in output.get("aria-label")


def test_every_slider_is_linked_in_the_browser_to_all_stacks_of_its_level(explorer):
    sliders = [child for child in explorer.children if isinstance(child, ipywidgets.SelectionSlider)]
    assert [slider.options[-1][1] for slider in sliders] == [3, 3, 2]
    linked = {slider: set() for slider in sliders}
    for link in explorer.links:
        assert link.source[1] == "index"
        assert link.target[1] == "selected_index"
        linked[link.source[0]].add(link.target[0])
    levels = [{explorer.children[-1]}]
    for _ in range(2):
        levels.append({child for stack in levels[-1] for child in stack.children})
    assert list(linked.values()) == levels


def test_frames_stay_within_their_budget(explorer):
    frames = [shown(explorer, k, s, p) for k in SIZES for s in STRIDES for p in PADDINGS]
    assert len(frames) <= 100
    assert sum(map(len, frames)) / len(frames) < 12_000


def test_an_image_must_have_two_axes():
    with pytest.raises(ValueError, match=r"image has shape \(4,\)"):
        conv_explorer(np.arange(4))


@pytest.mark.parametrize(
    ("kernel", "size", "s", "p"), [((3, 3), (3, 3), 2, 1), ((2, 2), (3, 3), 3, 1), ((1, 2), (2, 3), 1, 0)]
)
def test_every_entry_is_named_reachable_and_linked_to_its_weight_and_pixels(kernel, size, s, p):
    page = conv_links(kernel, size, stride=s, padding=p).text
    entries = re.findall(r'<g class="e w(\d+) x(\d+) y(\d+)" tabindex="0" role="img" aria-label="([^"]+)"', page)
    weights = np.arange(np.prod(kernel)).reshape(kernel)
    matrix = conv_matrix(weights + 1, size, stride=s, padding=p).tocoo()
    assert {(int(w), int(x), int(y)) for w, x, y, _ in entries} == {
        (int(n) - 1, int(c), int(r)) for n, r, c in zip(matrix.data, *matrix.coords, strict=True)
    }
    for w, x, y, label in entries:
        a, b = divmod(int(w), kernel[1])
        i, j = divmod(int(x), size[1])
        assert label.startswith(f"A({y},{x}): w({a},{b}) joins x({i},{j}) to y(")
        assert f":has(.x{x}.y{y}:is(:hover,:focus)) .hw-note .s-{y}-{x}{{display:inline}}" in page
        for partner in (f"W{w}", f"X{x}", f"Y{y}"):
            assert f'class="{partner}"' in page
            assert f".{partner} rect{{stroke" in page


def test_frames_of_the_transpose_show_torch_s_output_and_count_who_paints_each_pixel():
    image = np.arange(1, 10).reshape(3, 3)
    made = conv_transpose_explorer(image, kernel_sizes=[2, 3], strides=[1, 2], paddings=[0, 1])
    for (i, k), (j, s), (m, p) in itertools.product(enumerate([2, 3]), enumerate([1, 2]), enumerate([0, 1])):
        kernel = np.arange(1, k * k + 1).reshape(k, k)
        x, w, ones = (torch.tensor(a)[None, None] for a in (image, kernel, np.ones_like(kernel)))
        frame = made.children[-1].children[i].children[j].children[m].value
        *_, output, counts = ElementTree.fromstring(f"<div>{frame}</div>").iter("svg")
        for shown, expected in [
            (output, F.conv_transpose2d(x, w, stride=s, padding=p)),
            (counts, F.conv_transpose2d(torch.ones_like(x), ones, stride=s, padding=p)),
        ]:
            assert [text.text for text in shown.iter("text")] == [str(y) for y in expected.ravel().tolist()]


def test_the_bars_of_a_layer_show_what_is_measured_on_it():
    explorer = cost_explorer((4, 16, 16), output_channels=8)
    for (a, k), (b, s), (c, g) in itertools.product(
        enumerate([1, 3, 5, 7]), enumerate([1, 2, 4]), enumerate([1, 2, 4])
    ):
        layer = torch.nn.Conv2d(4, 8, k, stride=s, padding=k // 2, groups=g)
        (measured,) = measured_costs(layer, (4, 16, 16))
        frame = explorer.children[-1].children[a].children[b].children[c].value
        assert f"parameters: {measured.parameters:,}<" in frame
        assert f"multiplications: {measured.multiplications:,}<" in frame
        assert "logarithmic scale" in frame
        dense = torch.nn.Linear(4 * 16 * 16, measured.output_shape[0] * measured.output_shape[1] ** 2, device="meta")
        count = sum(parameter.numel() for parameter in dense.parameters())
        assert f"a dense layer's parameters: {count:,}<" in frame
        bars = [float(width) for width in re.findall(r'width="(\d+)" height="16"', frame)]
        expected = np.log10([measured.parameters, measured.multiplications, count])
        assert np.allclose(np.divide(bars, bars[2]), expected / expected[2], atol=0.01)
        assert f"The output is {' × '.join(map(str, measured.output_shape))}." in frame
    with pytest.raises(ValueError, match="output_channels=6: accepted are multiples of the 4 input channels"):
        cost_explorer((4, 8, 8), output_channels=6)


def test_the_gradients_of_one_output_pixel_are_autograd_s():
    image, kernel = np.arange(1, 26).reshape(5, 5), np.arange(1, 10).reshape(3, 3)
    explorer = gradient_explorer(image, kernel)
    for (i, s), r, c in itertools.product(enumerate([1, 2]), range(2), range(2)):
        x, w = (torch.tensor(a.astype(float))[None, None].requires_grad_() for a in (image, kernel))
        F.conv2d(x, w, stride=s)[0, 0, r, c].backward()
        frame = explorer.children[-1].children[i].children[r].children[c].value
        *_, to_input, to_kernel = ElementTree.fromstring(f"<div>{frame}</div>").iter("svg")
        for shown, expected in [(to_input, x.grad), (to_kernel, w.grad)]:
            assert [text.text for text in shown.iter("text")] == [str(int(g)) for g in expected.ravel()]


def test_the_neuron_s_frame_names_the_gate_and_fills_the_points_where_it_fires():
    explorer, values = neuron_explorer(), [-2, -1, 0, 1, 2]
    gates = {"AND": {(1, 1)}, "OR": {(0, 1), (1, 0), (1, 1)}, "NAND": {(0, 0), (0, 1), (1, 0)}, "never": set()}
    met = set()
    for (i, w1), (j, w2), (k, b) in itertools.product(enumerate(values), enumerate(values), enumerate(values[:-1])):
        frame = explorer.children[-1].children[i].children[j].children[k].value
        fires = {p for p in itertools.product((0, 1), repeat=2) if w1 * p[0] + w2 * p[1] + b >= 0}
        (name,) = re.findall(r"Fires: ([^.]+)\.</p>", frame)
        met.add(name)
        assert name not in gates or gates[name] == fires
        assert frame.count('r="9" fill="#e69f00"') == len(fires)
        assert f"(1, 1): {w1 + w2 + b}".replace("-", "−") in frame
    assert met > set(gates)
    assert not met & {"XOR", "XNOR"}


def test_signals_end_in_the_function_s_value_whatever_it_was_compiled_to():
    explorer = signals_explorer(["x1 ^ x2", "~(x1 & x2)"])
    for (i, table), kind, (x1, x2) in itertools.product(
        enumerate([(0, 1, 1, 0), (1, 1, 1, 0)]), range(4), itertools.product((0, 1), repeat=2)
    ):
        frame = explorer.children[-1].children[i].children[kind].children[x1].children[x2].value
        *_, output = re.findall(r'<text class="on"[^>]*>([^<]+)</text>', frame)
        assert int(output) == table[2 * x1 + x2]
        assert len(frame) < 12_000


def frames_of(explorer):
    """Index of each slider, and the frame that belongs to them, followed through the stacks."""

    def walk(widget, chosen):
        if isinstance(widget, ipywidgets.HTML):
            yield chosen, widget.value
        else:
            for index, child in enumerate(widget.children):
                yield from walk(child, (*chosen, index))

    yield from walk(explorer.children[-1], ())


def test_every_row_of_the_pieces_is_the_network_s_derivative_and_pattern_there():
    explorer = piece_explorer()
    values = [[-1, 0.5, 1], [-1, 0, 2], [-3, 1, 2], [-2, 0, 1]]
    frames = list(frames_of(explorer))
    assert len(frames) <= 100
    assert sum(len(frame) for _, frame in frames) / len(frames) < 12_000
    for chosen, frame in frames:
        weight, first, inner, second = (options[i] for options, i in zip(values, chosen, strict=True))
        rows = [row.text for row in ElementTree.fromstring(f"<div>{frame}</div>").iter("td")]
        found = [re.fullmatch(r"(?:(\S+) < )?x(?: < (\S+))?: (.+); pattern (\d\d) \| (\d\d)", row) for row in rows]
        for match in found:
            low, high = (float(Fraction(end.replace("−", "-"))) if end else None for end in match.groups()[:2])
            if low is None or high is None:
                inside = 0.0 if low is high else high - 1 if low is None else low + 1
            else:
                inside = (low + high) / 2
            x = torch.tensor([inside], dtype=torch.float64, requires_grad=True)
            z1 = torch.stack([weight * x[0] + first, x[0] / 2 + 1])
            h1 = torch.relu(z1)
            z2 = torch.stack([h1[0] + inner * h1[1] + second, h1.sum()])
            y = torch.relu(z2).sum() + 1
            y.backward()
            assert match[4] + match[5] == "".join(str(int(z > 0)) for z in (*z1, *z2))
            line = match[3].replace("−", "-").replace(" ", "")
            slope, intercept = re.fullmatch(r"(?:(-?[\d/]*)x)?([+-]?[\d/]+)?", line).groups()
            slope = 0 if slope is None else float(Fraction({"": "1", "-": "-1"}.get(slope, slope)))
            assert slope == x.grad.item()
            assert slope * inside + float(Fraction(intercept or "0")) == pytest.approx(y.item(), abs=1e-12)


def test_the_error_of_the_chords_is_the_one_of_numpy_s_interpolation():
    names, counts = ["x²", "sin x", "exp x"], [1, 2, 3, 4, 6, 8, 12]
    ranges = {"x²": (np.square, -1, 1, 2), "sin x": (np.sin, -3, 3, 1), "exp x": (np.exp, -2, 1, np.e)}
    for (i, j, k), frame in frames_of(approximation_explorer()):
        function, low, high, curvature = ranges[names[i]]
        places, x = np.linspace(low, high, counts[j] + 1), np.linspace(low, high, 4001)
        bound = curvature * ((high - low) / counts[j]) ** 2 / 8
        error = abs(np.interp(x, places, function(places)) - (bound / 2 if k else 0) - function(x)).max()
        assert f"error {error:.4f}, the bound is {bound:.4f}." in frame
        lines = ElementTree.fromstring(f"<div>{frame}</div>").iter("polyline")
        assert sum(line.get("stroke-width") == "3" for line in lines) <= counts[j]
        assert len(frame) < 12_000


def test_every_region_of_a_fold_holds_one_point_that_the_fold_maps_to_the_output():
    explorer = folding_explorer()
    for (i, folds), (j, _), (k, place) in itertools.product(
        enumerate((1, 2, 3)), enumerate((0, 15, 30, 45)), enumerate(("1/8", "3/8", "5/8", "7/8"))
    ):
        frame = explorer.children[-1].children[i].children[j].children[k].value
        assert frame.count("z") >= 4**folds
        assert f"{4**folds} regions" in frame
        assert f"({place}, 1/4) is reached from {4**folds} points" in frame
        assert frame.count("<circle") == 4**folds
        assert len(frame) < 12_000


def test_frames_of_training_count_the_regions_of_the_network_of_that_step():
    points, labels = two_spirals(20)
    made = {}

    def train(points, labels, width, seed, steps):
        made[width, seed] = snapshots(relu_module(2, [width], rng=seed), points, labels, steps=steps)
        return made[width, seed]

    explorer = training_explorer(points, labels, widths=(2, 3), starts=(0, 1), steps=(0, 5), train=train)
    for (i, width), j, (k, step) in itertools.product(enumerate((2, 3)), range(2), enumerate((0, 5))):
        frame = explorer.children[-1].children[i].children[j].children[k].value
        count = count_regions(made[width, j][step], box=[(-1.5, 1.5)] * 2)
        assert f"after {step} steps: {count} regions" in frame
        assert frame.count("<circle") == 20
    with pytest.raises(ValueError, match="accepted are"):
        training_explorer(points, labels[1:], train=train)


def test_of_the_page_s_networks_on_two_spirals_all_but_one_narrow_one_learn():
    """The words below the explorer once said of all of them that the border comes to wind between the arms."""
    points, labels = two_spirals()
    wrong = {}
    for width, start in itertools.product((4, 8, 12), (0, 1, 2)):
        network = snapshots(relu_module(2, [width, width], rng=start), points, labels, steps=[400])[400]
        wrong[width, start] = int(((network(points)[:, 0] > 0) != labels).sum())
    assert [width for (width, _), count in wrong.items() if count] == [4]


def test_paths_in_the_plane_of_weights_say_where_they_are_and_what_is_nearest():
    starts, rounds = [(0.5, 0.5), (3.0, 0.5)], [0, 1, 400]
    explorer = descent_explorer([1, 2], 5, starts=starts, steps=rounds)
    methods = [label for label, _ in explorer.children[0].options]
    assert methods == ["descent", "momentum", "exponentiated gradient", "Adam"]
    for (m, method), (i, start), (j, count) in itertools.product(
        enumerate(methods), enumerate(starts), enumerate(rounds)
    ):
        frame = explorer.children[-1].children[m].children[i].children[j].value
        note = re.search(r'hw-note">(.*)</p>', frame).group(1)
        x, y = map(float, re.search(r"is at \(([-.\d]+), ([-.\d]+)\)", note).groups())
        nearest = least_squares_limit([[1.0, 2.0]], [5.0], start)
        assert f"nearest solution is ({nearest[0]:.2f}, {nearest[1]:.2f})" in note
        assert f"after {count} iterations" in note
        if count == 400:
            assert abs(x + 2 * y - 5) < 0.03
            assert note.endswith("reached.") == (method in ("descent", "momentum"))
        if not count:
            assert (x, y) == start
        points = re.findall(r"<circle", frame)
        assert len(points) == min(count, 60) + 2
        assert len(frame) < 12_000
    with pytest.raises(ValueError, match="accepted are pairs of numbers above 0"):
        descent_explorer([1, -2], 5)


def test_newton_ends_at_the_saddle_from_one_start_and_at_a_solution_from_another():
    explorer = newton_explorer()
    starts = [value for _, value in explorer.children[0].options]
    for (i, start), (j, count) in itertools.product(enumerate(starts), enumerate([0, 1, 2, 3, 5, 10, 40])):
        frame = explorer.children[-1].children[i].children[j].value
        assert len(frame) < 12_000
        said = re.findall(r"at \(([-.\d]+), ([-.\d]+)\), loss (\d.\de[-+]\d+)", frame)
        points = [(float(x), float(y)) for x, y, _ in said]
        assert len(points) == 3
        for (x, y), (_, _, loss) in zip(points, said, strict=True):
            assert 0.5 * (x * y - 3) ** 2 == pytest.approx(float(loss), rel=0.06, abs=0.05)
        if not count:
            assert points == [start] * 3
        if count == 1:  # one step of Newton by hand: H^-1 g
            x, y = start
            H = np.array([[y * y, 2 * x * y - 3], [2 * x * y - 3, x * x]])
            expected = np.array(start) - np.linalg.inv(H) @ [(x * y - 3) * y, (x * y - 3) * x]
            assert points[1] == pytest.approx(tuple(expected), abs=6e-4)
        if count == 40:
            assert (abs(points[1][0]) < 1e-3) == (start == (0.4, 0.2))


def test_errors_of_differences_are_those_of_the_exact_cubic():
    explorer = difference_explorer(exponents=[-1, -2])
    for (i, kind), (j, precision), (k, r) in itertools.product(
        enumerate(["one-sided", "central"]), enumerate(["double", "single"]), enumerate([0.1, 0.01])
    ):
        frame = explorer.children[-1].children[i].children[j].children[k].value
        x, y = map(float, re.search(r": \(([-.e\d]+), ([-.e\d]+)\) instead of \(5, 2\)", frame).groups())
        # Along (1, 1) from (1, 2): e = -1 + 3r + r^2, and the gradient is e (2 + r, 1 + r).
        e = [-1 + 3 * s + s * s for s in (r, -r)]
        gradients = [np.array([error * (2 + s), error * (1 + s)]) for error, s in zip(e, (r, -r), strict=True)]
        base = np.array([-2.0, -1.0])
        expected = (gradients[0] - gradients[1]) / (2 * r) if kind == "central" else (gradients[0] - base) / r
        assert (x, y) == pytest.approx(tuple(expected), rel=1e-7 if precision == "double" else 1e-4)
        assert f"The error is {np.hypot(x - 5, y - 2):.1e}" in frame


def test_every_frame_of_double_descent_shows_the_stored_errors_at_its_dots():
    explorer = double_descent_explorer()
    runs = {(run["label_noise"], run["width"]): run for run in measured_networks()["results"]}
    noises, widths, stops = ([value for _, value in slider.options] for slider in explorer.children[:3])
    frames = 0
    for (i, noise), (j, width), k in itertools.product(enumerate(noises), enumerate(widths), range(len(stops))):
        frame = explorer.children[-1].children[i].children[j].children[k].value
        run = runs[noise, width]
        at = [len(run["epochs"]) - 1, len(run["epochs"]) // 2][k]
        assert f"Width {width}, {parameter_count(width):,} parameters, {noise:.0%} wrong labels" in frame
        assert f"after {run['epochs'][at]:,} epochs: test error {run['test'][at]:.3f} (blue)" in frame
        assert f"training error {run['train'][at]:.3f} (grey)" in frame
        heights = sorted(float(y) for y in re.findall(r'<circle cx="[\d.]+" cy="([\d.]+)"', frame))
        expected = sorted(10 + 180 * (1 - (run[key][at] + 0.02) / 0.57) for key in ("train", "test") for _ in "ab")
        assert heights == pytest.approx(expected, abs=0.06)
        assert len(frame) < 12_000
        frames += 1
    assert frames <= 100


def test_the_cells_coloured_at_the_bottom_are_the_pixels_whose_gradient_is_not_zero():
    explorer = receptive_explorer(11, depths=(1, 2, 3), kernel_sizes=(2, 3), strides=(1, 2), dilations=(1, 2))
    for (a, depth), (b, k), (c, s), (e, d), output in itertools.product(
        enumerate([1, 2, 3]), enumerate([2, 3]), enumerate([1, 2]), enumerate([1, 2]), range(3)
    ):
        x = torch.zeros(1, 1, 11, requires_grad=True)
        y = x
        for _ in range(depth):
            y = F.conv1d(y, torch.ones(1, 1, k), stride=s, padding=d * (k - 1) // 2, dilation=d)
        unit = (0, y.shape[2] // 2, y.shape[2] - 1)[output]
        y[0, 0, unit].backward()
        expected = torch.nonzero(x.grad[0, 0])[:, 0].tolist()
        assert d == 1 or len({place % 2 for place in expected}) == 1  # the page: no layer fills another's holes
        frame = explorer.children[-1].children[a].children[b].children[c].children[e].children[output].value
        (drawn,) = ElementTree.fromstring(f"<div>{frame}</div>").iter("svg")
        bottom = [group for group in drawn.iter("g") if float(group[0].get("y")) == max(
            float(other[0].get("y")) for other in drawn.iter("g")
        )]  # fmt: skip
        assert [int(group[1].text) for group in bottom if group[0].get("fill") != "none"] == expected
        assert f"Output {unit} of {y.shape[2]} reads {len(expected)} pixels" in frame


def test_the_corner_explorer_says_which_corners_the_networks_get_wrong():
    explorer = corners_explorer()
    for *colours, network in itertools.product(*[(0, 1)] * 4, (0, 1)):
        widget = explorer.children[-1]
        for index in (*colours, network):
            widget = widget.children[index]
        given, output, wanted = ElementTree.fromstring(f"<div>{widget.value}</div>").iter("svg")
        corners = (0, 4, 20, 24)
        assert [int([text.text for text in given.iter("text")][place]) for place in corners] == colours
        agree = [colour == other for colour, other in zip(colours, colours[::-1], strict=True)]
        right = [n in corners and agree[corners.index(n)] for n in range(25)]
        assert [text.text == "1" for text in wanted.iter("text")] == right
        white = [rect.get("fill") != "none" for group in output.iter("g") for rect in group.iter("rect")]
        wrong = [place for place, same in zip(corners, agree, strict=True) if white[place] != same]
        if network == 0:
            assert not wrong
            assert "Right in all four corners.<" in widget.value
        else:
            assert bool(wrong) == ("Wrong in the corners" in widget.value)
            assert all(f"({place // 5}, {place % 5})" in widget.value for place in wrong)
