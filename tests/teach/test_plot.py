"""hwlib.teach.plot: what the pictures show is what was computed, and they fit light and dark pages."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from figures.__main__ import write
from matplotlib.patches import Rectangle

from hwlib.logic import LogicNetwork, boolean_function, prove_gate, relu_circuit, separate
from hwlib.network import folding_network
from hwlib.pieces import PiecewiseLinear
from hwlib.receptive import receptive_field
from hwlib.regions import enumerate_regions, identified_regions
from hwlib.teach import plot
from hwlib.teach._theme import INK, LINES, ON_COLOUR, weight_colour

FIGURES = Path(__file__).parents[2] / "figures"
IMAGE = np.arange(1, 10).reshape(3, 3)


def texts(axes):
    return [text.get_text() for text in axes.texts]


def luminance(colour):
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_output_drawn_is_torch_s():
    kernel = np.array([[1, 2], [3, 4]])
    tensors = [torch.tensor(array)[None, None] for array in (IMAGE, kernel)]
    expected = F.conv2d(*tensors, stride=3, padding=1).ravel().tolist()
    assert texts(plot.kernel_placements(kernel, IMAGE, stride=3, padding=1).axes[1]) == [str(y) for y in expected]


def test_every_stamp_is_the_kernel_times_its_pixel():
    kernel, image = np.array([[1, 2], [3, 4]]), np.array([[5, 6], [7, 8]])
    products = texts(plot.kernel_stamps(kernel, image, stride=2).axes[1])
    values = [int(a) * int(b) for a, b in (text.strip("$").split("\\cdot") for text in products)]
    assert values == np.kron(image, kernel).ravel().tolist()
    gap = texts(plot.kernel_stamps([[1]], [[2, 3]], stride=2).axes[1])
    assert gap == ["$2\\cdot1$", "0", "$3\\cdot1$"]
    with pytest.raises(ValueError, match=r"stride=1 makes the stamps overlap: accepted are strides of at least 2"):
        plot.kernel_stamps(kernel, image, stride=1)


def test_equal_entries_have_one_colour_in_all_matrices():
    drawn = plot.equal_entries({"A": [[1, 0], [2, 1]], "B": [[2, 1, 7]]}, framed={"A": (1, 2)})
    one, other = drawn.axes
    fills = [[patch.get_facecolor() for patch in axes.patches] for axes in (one, other)]
    assert [texts(one), texts(other)] == [["1", "0", "2", "1"], ["2", "1", "7"]]
    assert fills[0][0] == fills[0][3] == fills[1][1]
    assert fills[0][2] == fills[1][0]
    assert len({fills[0][0], fills[0][2], fills[1][2]}) == 3
    assert fills[0][1][3] == 0  # zero has no colour
    frame = one.patches[-1]
    assert (frame.get_width(), frame.get_height(), frame.get_fill()) == (2, 1, False)
    assert len(other.patches) == 3
    with pytest.raises(ValueError, match="accepted are one or more titles"):
        plot.equal_entries({"A": [1, 2]})
    with pytest.raises(ValueError, match="matrices hold 13 different entries: accepted are at most 12"):
        plot.equal_entries({"A": [list(range(14))]})
    all_of_them = plot.equal_entries({"A": [list(range(1, 13))]}).axes[0].patches
    assert len({patch.get_facecolor() for patch in all_of_them}) == 12


def test_number_grids_show_their_numbers_deeper_where_they_are_larger():
    axes = plot.number_grids({"a": [[0, 1], [2, 4]]}).axes[0]
    assert texts(axes) == ["0", "1", "2", "4"]
    fills = [patch.get_facecolor() for patch in axes.patches]
    assert fills[0][3] == 0
    assert fills[1][2] > fills[2][2] > fills[3][2], "less blue is deeper orange"
    signed = [patch.get_facecolor() for patch in plot.number_grids({"a": [[1, -4], [4, -1]]}).axes[0].patches]
    assert signed[0] == signed[3] != signed[1] == signed[2]
    with pytest.raises(ValueError, match="one or more titles with a two-dimensional array"):
        plot.number_grids({"a": [1, 2]})
    below = plot.number_grids({"a": [[1]], "b": [[2]]}, rows=2).axes
    assert below[0].get_subplotspec().rowspan.start < below[1].get_subplotspec().rowspan.start
    for unfit in ({"a": [[1]]}, {"a": [[1]], "b": [[1, 2]]}):
        with pytest.raises(ValueError, match="rows=2: accepted are rows"):
            plot.number_grids(unfit, rows=2)


def test_overlapping_places_are_refused_with_the_least_stride():
    with pytest.raises(ValueError, match=r"stride=1 makes the places overlap: accepted are strides of at least 2"):
        plot.kernel_placements(np.ones((2, 2)), IMAGE)


def test_the_labelled_matrix_names_each_weight_row_and_column():
    kernel, matrix = plot.labelled_matrix((2, 2), (3, 3), stride=3, padding=1).axes
    assert texts(kernel) == ["$w_{0,0}$", "$w_{0,1}$", "$w_{1,0}$", "$w_{1,1}$"]
    labels = texts(matrix)
    cells = np.array(labels[:36], dtype=object).reshape(4, 9)
    assert {(int(r), int(c)): cells[r, c] for r, c in np.argwhere(cells != "")} == {
        (0, 0): "$w_{1,1}$",
        (1, 2): "$w_{1,0}$",
        (2, 6): "$w_{0,1}$",
        (3, 8): "$w_{0,0}$",
    }
    assert labels[36:45] == [f"$x_{{{r},{c}}}$" for r, c in np.ndindex(3, 3)]
    assert labels[45:] == [f"$y_{{{r},{c}}}$" for r, c in np.ndindex(2, 2)]


def test_every_extreme_is_framed_and_nothing_else():
    z = np.array([[1, -5, 0], [7, 7, -5]])
    frames = [patch for patch in plot.response_map(np.zeros((2, 2)), z).axes[1].patches if not patch.get_fill()]
    assert all(isinstance(frame, Rectangle) for frame in frames)
    places = {(round(frame.get_y()), round(frame.get_x())) for frame in frames if frame.get_linewidth() > 2}
    assert places == {(0, 1), (1, 0), (1, 1), (1, 2)}


def test_bad_arrays_are_named():
    with pytest.raises(ValueError, match=r"responses has shape \(3,\)"):
        plot.response_map(np.zeros((2, 2)), np.zeros(3))
    with pytest.raises(ValueError, match="images is empty"):
        plot.image_row({})


def test_a_graph_goes_through_the_function_and_marks_kinks_and_other_knots_differently():
    f = PiecewiseLinear([0, 1, 2], [1, -1, -1, 3], [0, 0, 0, -8])
    drawn = plot.piece_graphs({"f": f, "g": PiecewiseLinear.through([0, 1], [2, 3])}, -1, 4)
    first, second = drawn.axes
    lines = [line.get_xydata() for line in first.lines if line.get_marker() == "None"]
    pieces = [line for line in lines if abs(line[0, 0]) < 1.5 or line[1, 0] == 4][2:]
    assert [line[:, 0].tolist() for line in pieces] == [[-1, 0], [0, 2], [2, 4]]
    for line in pieces:
        assert f(line[:, 0]).tolist() == line[:, 1].tolist()
    marks = {float(m.get_xdata()[0]): m.get_markerfacecolor() for m in first.lines if m.get_marker() == "o"}
    assert marks == {0.0: INK, 1.0: "none", 2.0: INK}
    assert second.lines[-1].get_xydata().tolist() == [[0, 2], [1, 3]], "a graph ends where the function does"
    with pytest.raises(ValueError, match="accepted are one or more functions, and ends in order"):
        plot.piece_graphs({"f": f}, 1, 0)


def test_curves_hold_their_numbers_each_line_with_its_own_dashes():
    lines = {"a": ([1, 2], [3, 4]), "b": ([1, 2], [5, 6])}
    axes = plot.curves(lines, x="x", y="y", log="xy", points={"b": ([1], [7])}, marks={"here": 1.5}).axes[0]
    assert [line.get_ydata().tolist() for line in axes.lines[:3]] == [[3, 4], [5, 6], [7]]
    assert axes.lines[0].get_linestyle() != axes.lines[1].get_linestyle()
    assert axes.lines[1].get_color() == axes.lines[2].get_color()
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert texts(axes) == ["here"]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["a", "b"]
    ticked = plot.curves(lines, x="x", y="y", log="x", ticks=[1, 2]).axes[0]
    assert [label.get_text() for label in ticked.get_xticklabels()] == ["1", "2"]
    assert not len(ticked.get_xticks(minor=True))
    with pytest.raises(ValueError, match="more cannot be told apart"):
        plot.curves({str(n): ([1], [1]) for n in range(6)}, x="x", y="y")


def test_bars_are_as_long_as_their_numbers():
    axes = plot.bars({"a": [1.0, 2.0], "b": [3.0, 4.0]}, parts=["left", "right"], x="size").axes[0]
    assert sorted(patch.get_width() for patch in axes.patches) == [1, 2, 3, 4]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    with pytest.raises(ValueError, match="accepted are names with 2 numbers each"):
        plot.bars({"a": [1.0]}, parts=["left", "right"], x="size")


def test_paths_end_in_a_star_and_the_line_holds_what_fits():
    path = np.array([[0, 0], [0.5, 1], [1, 2]])
    axes = plot.solution_paths([1, 2], 5, {"descent": path}, circle=True).axes[0]
    fits, circle, drawn, star = axes.lines
    assert np.allclose(fits.get_xydata() @ [1, 2], 5)
    assert np.allclose(np.linalg.norm(circle.get_xydata(), axis=1), np.sqrt(5))
    assert np.array_equal(drawn.get_xydata(), path)
    assert star.get_xydata().tolist() == [[1, 2]]
    lines = plot.surface_paths(lambda a, b: a * b, {"p": path}, x=(0, 1), y=(0, 2), levels=[0.5, 1]).axes[0]
    for level, segments in zip([0.5, 1], lines.collections[0].get_paths(), strict=True):
        assert np.allclose(segments.vertices.prod(1), level, atol=1e-3)
    assert np.array_equal(lines.lines[0].get_xydata(), path)
    known = plot.surface_paths(
        lambda a, b: a * b, {"p": path}, x=(0, 1), y=(0, 2), levels=[1], lines={"here": path[:2]}
    )
    assert np.array_equal(known.axes[0].lines[0].get_xydata(), path[:2])
    assert known.axes[0].lines[0].get_marker() == "None"
    assert [text.get_text() for text in known.legends[0].get_texts()] == ["here", "p"]
    with pytest.raises(ValueError, match="accepted are one to 5 paths"):
        plot.surface_paths(lambda a, b: a, {}, x=(0, 1), y=(0, 1), levels=[1])
    with pytest.raises(ValueError, match="the second not zero"):
        plot.solution_paths([1, 0], 5, {"descent": path})
    with pytest.raises(ValueError, match="accepted are one to 5 paths"):
        plot.solution_paths([1, 2], 5, {})


def test_lines_are_seen_on_light_and_on_dark_pages():
    for colour in LINES:
        for page in ("#ffffff", "#121212"):
            assert contrast(colour, page) >= 3  # WCAG 1.4.11


def test_text_on_every_coloured_cell_is_readable():
    for row in range(5):
        for column in range(5):
            assert contrast(weight_colour(row, column, 5), ON_COLOUR) >= 4.5  # WCAG AA


def test_the_svg_is_well_formed_the_same_on_every_run_and_turns_its_ink_over_in_the_dark():
    svg, again = (plot.labelled_matrix((2, 2), (3, 3))._repr_mimebundle_()["image/svg+xml"] for _ in range(2))
    assert svg == again
    root = ElementTree.fromstring(svg)
    assert "prefers-color-scheme:dark" in root[0].text
    assert f"var(--c0, {INK})" in svg
    assert INK not in svg.replace(f"var(--c0, {INK})", "").replace(f"--c0:{INK}", ""), "ink that would stay dark"


def test_the_figures_for_slides_are_what_their_module_writes(tmp_path):
    write(tmp_path)
    written = sorted(tmp_path.iterdir())
    assert [path.name for path in written] == sorted(path.name for path in FIGURES.glob("*.svg"))
    for path in written:
        assert path.read_bytes() == (FIGURES / path.name).read_bytes(), f"{path.name}: run python -m figures"


def test_lines_of_neurons_pass_between_their_points_and_polygons_have_their_corners():
    gates = {"AND": boolean_function("0001"), "OR": boolean_function("0111")}
    shown = plot.neurons({name: (f, separate(f, choose="margin")) for name, f in gates.items()})
    for axes, crossing in zip(shown.axes, (1.5, 0.5), strict=True):
        (line,) = axes.lines
        x, y = line.get_xy1()
        assert x + y == crossing
        assert line.get_slope() == -1
    drawn = plot.weight_polygons(gates, bias=-1, reach=3)
    corners = {tuple(corner) for corner in drawn.axes[0].patches[0].get_xy().tolist()}
    assert corners == {(1, 1), (0, 1), (1, 0)}
    with pytest.raises(ValueError, match="no weights will do"):
        plot.weight_polygons({"AND": gates["AND"]}, bias=1, reach=3)


def test_fourteen_of_sixteen_small_pictures_have_a_line_or_a_constant():
    titles = [axes.get_title() for axes in plot.all_of_two_variables().axes]
    assert [title[:4] for title in titles if "no neuron" in title] == ["0110", "1001"]
    assert len(titles) == 16


def test_regions_are_filled_where_the_gate_is_positive_and_named_by_their_map():
    layers = ((np.array([[1, 0], [0, 1]]), np.array([0, 0])), (np.array([[1, 1]]), np.array([0])))
    proof = prove_gate(LogicNetwork(layers, "relu"), lambda s1, s2: s1 > 0 or s2 > 0)
    (axes,) = plot.gate_regions({"OR": proof}).axes
    assert sorted(texts(axes)) == ["$0$", "$x_1 + x_2$", "$x_1$", "$x_2$"]
    assert sorted(patch.get_facecolor()[3] > 0 for patch in axes.patches) == [False, True, True, True]


def test_hidden_values_are_drawn_where_they_are_and_so_is_the_whole_plane():
    xor = boolean_function("0110")
    layers = ((np.array([[1, 1], [1, 1]]), np.array([0, -1])), (np.array([[1, -2]]), np.array([0])))
    shown = plot.hidden_values(LogicNetwork(layers, "relu"), xor)
    points = {(line.get_xdata()[0], line.get_ydata()[0]) for line in shown.axes[1].lines if len(line.get_xdata()) == 1}
    assert points == {(0, 0), (1, 0), (2, 1)}
    images = [line.get_xydata() for line in shown.axes[1].lines if len(line.get_xdata()) > 2]
    assert len(images) == 14
    for h1, h2 in np.vstack(images):  # the plane collapses onto a ray that bends at (1, 0)
        assert h1 >= 0
        assert h2 == pytest.approx(max(h1 - 1, 0))
    with pytest.raises(ValueError, match="one hidden layer of two"):
        plot.hidden_values(relu_circuit(boolean_function("0001")), xor)
    with pytest.raises(ValueError, match="accepted are functions of two"):
        plot.certificate(boolean_function("01"), separate(xor))


def test_regions_are_drawn_once_each_and_neighbours_differ_in_colour():
    found = enumerate_regions(folding_network(2, 2), box=[(0, 1)] * 2)
    (axes,) = plot.region_maps({"two folds": found}, marked={"two folds": [[0.5, 0.5]]}).axes
    (polygons,) = axes.collections
    assert len(polygons.get_paths()) == 16
    colours = polygons.get_facecolor()
    assert all((colours[a] != colours[b]).any() for a, b in found.adjacency)
    with pytest.raises(ValueError, match="have no bound"):
        plot.region_maps({"plane": enumerate_regions(folding_network(1, 2))})


def test_identified_regions_are_drawn_with_the_points_that_meet():
    unit = [(0, 1)] * 2
    shown = plot.identified(identified_regions(folding_network(1, 2), box=unit, target=unit), [0.25, 0.5])
    left, right = shown.axes
    points = {tuple(np.round([line.get_xdata()[0], line.get_ydata()[0]], 6)) for line in left.lines}
    assert points == {(0.375, 0.25), (0.375, 0.75), (0.625, 0.25), (0.625, 0.75)}
    assert len(left.patches) == 4
    assert len(right.lines) == 1


def test_the_lines_of_growth_never_fall_and_end_at_the_receptive_field():
    nn = torch.nn
    nets = {"two": [nn.Conv1d(1, 1, 3), nn.Conv1d(1, 1, 5, stride=2)], "one": [nn.Conv1d(1, 1, 9)]}
    fields = {name: receptive_field(nn.Sequential(*layers)) for name, layers in nets.items()}
    axes = plot.receptive_growth(fields, input_shape=(5,)).axes[0]
    assert axes.lines[0].get_ydata().tolist() == [1, 3, 7]
    assert axes.lines[2].get_ydata().tolist() == [1, 9]
    assert set(texts(axes)) == {"two: 7", "one: 9", "input: 5"}
    assert axes.lines[-1].get_xdata()[-1] < axes.texts[0].get_position()[0], "the dashed line strikes no name through"
    pooled = receptive_field(nn.Sequential(nn.Conv1d(1, 1, 3), nn.AdaptiveAvgPool1d(1)))
    for wrong in ({}, {"pooled": pooled}):
        with pytest.raises(ValueError, match="without a layer that takes all pixels together"):
            plot.receptive_growth(wrong)


def test_pairs_of_images_are_drawn_as_they_are():
    given, wanted = np.eye(3)[None].repeat(3, 0), np.ones((3, 3, 3))
    drawn = plot.image_pairs(given, wanted, columns=2)
    assert len(drawn.axes) == 3
    for axes in drawn.axes:
        assert np.array_equal(axes.images[0].get_array(), np.eye(3))
        assert np.array_equal(axes.images[1].get_array(), np.ones((3, 3)))
    with pytest.raises(ValueError, match=r"inputs have shape \(3, 3, 3\), outputs \(2, 3, 3\)"):
        plot.image_pairs(given, wanted[:2])


def test_a_band_has_its_line_s_colour_and_lies_between_its_ends():
    axes = plot.curves({"a": ([1, 2], [3, 4])}, x="x", y="y", bands={"a": ([1, 2], [2, 3], [4, 6])}).axes[0]
    (band,) = axes.collections
    ((red, green, blue, _),) = band.get_facecolor()
    assert mpl.colors.to_hex((red, green, blue)) == axes.lines[0].get_color()
    assert {tuple(point) for point in band.get_paths()[0].vertices} == {(1, 2), (2, 3), (1, 4), (2, 6)}


def test_a_map_has_a_cell_a_number_its_first_row_at_the_bottom_and_a_scale():
    drawn = plot.error_map(
        [[1, 2, 3], [4, 5, 6]],
        x={"w": 1},
        y={"e": 0},
        x_name="width",
        y_name="epoch",
        name="error",
        line=[(0, 1)],
        limit=5,
    )
    axes, scale = drawn.axes
    assert axes.collections[0].get_array().ravel().tolist() == [1, 2, 3, 4, 5, 6]
    assert [axes.get_xlabel(), axes.get_ylabel(), scale.get_ylabel()] == ["width", "epoch", "error"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["w"]
    assert axes.get_xticks().tolist() == [1.5]
    assert axes.lines[0].get_xydata().tolist() == [[0.5, 1.5]]
    assert axes.get_ylim()[0] < axes.get_ylim()[1]
    assert axes.collections[0].get_clim() == (1, 5)
    with pytest.raises(ValueError, match=r"errors has shape \(2,\): accepted are matrices"):
        plot.error_map([1, 2], x={}, y={}, x_name="", y_name="", name="")
