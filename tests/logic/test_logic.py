"""hwlib.logic: answers with proofs, against brute force, linear programming and published counts."""

from __future__ import annotations

import dataclasses
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import sympy
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from hwlib.logic import (
    BooleanFunction,
    Gate,
    LogicNetwork,
    NotSeparable,
    Separable,
    adder,
    as_relu,
    boolean_function,
    circuit,
    classify_functions,
    corners,
    count_threshold_functions,
    nand_circuit,
    numbered_function,
    prove_gate,
    relu_circuit,
    separate,
    separate_points,
    threshold_network,
    weight_polygon,
)

from ..examples import examples

tables = st.integers(0, 5).flatmap(
    lambda n: st.tuples(st.just(n), st.integers(0, 2 ** (2**n) - 1)).map(
        lambda pair: numbered_function(pair[1], pair[0])
    )
)


@st.composite
def threshold_functions(draw, most=6):
    """Functions of a neuron with random whole weights."""
    arity = draw(st.integers(1, most))
    weights = draw(st.lists(st.integers(-9, 9), min_size=arity, max_size=arity))
    bias = draw(st.integers(-20, 20))
    return boolean_function((corners(arity) @ weights + bias >= 0).astype(int).tolist())


def separable_by_linear_program(function: BooleanFunction) -> bool:
    """HiGHS: is there w, b with w.x + b >= 0 on the true points and <= -1 on the false ones?"""
    points = np.hstack([corners(function.arity), np.ones((2**function.arity, 1))])
    truth = np.array(function.values) == 1
    above, below = -points[truth], points[~truth]
    bounds = np.concatenate([np.zeros(len(above)), -np.ones(len(below))])
    answer = linprog(np.zeros(points.shape[1]), np.vstack([above, below]), bounds, bounds=(None, None))
    assert answer.status in (0, 2)
    return answer.status == 0


def refutes(certificate: NotSeparable, function: BooleanFunction, coding=(0, 1)) -> bool:
    """Equally many true points and false points of the function, with the same sum: from the definition."""
    value = dict(zip(map(tuple, corners(function.arity, coding=coding).tolist()), function.values, strict=True))
    sides = [
        [point for point, count in zip(points, counts, strict=True) for _ in range(count)]
        for points, counts in [
            (certificate.true_points, certificate.true_counts),
            (certificate.false_points, certificate.false_counts),
        ]
    ]
    return (
        [{value[point] for point in side} for side in sides] == [{1}, {0}]
        and len(sides[0]) == len(sides[1])
        and np.array_equal(np.sum(sides[0], axis=0), np.sum(sides[1], axis=0))
    )


# --- functions --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    ["0110", [0, 1, 1, 0], (False, True, True, False), np.array([0, 1, 1, 0]), "x1 ^ x2", lambda a, b: a != b],
)
def test_one_function_from_many_sources(source):
    assert boolean_function(source).values == (0, 1, 1, 0)


def test_codings_of_values_and_arguments():
    assert boolean_function([-1, 1, 1, -1], coding=(-1, 1)).values == (0, 1, 1, 0)
    product = boolean_function(lambda a, b: -a * b, coding=(-1, 1))
    assert product.values == (0, 1, 1, 0)
    assert corners(1, coding=(-1, 1)).tolist() == [[-1], [1]]


def test_variables_of_expressions_come_in_natural_order_unless_given():
    assert boolean_function("x10 & ~x2").variables == ("x2", "x10")
    implied = boolean_function("b >> a", variables=["b", "a", "unused"])
    assert [implied(*bits) for bits in itertools.product((0, 1), repeat=3)] == [1, 1, 1, 1, 0, 0, 1, 1]
    assert implied.variables == ("b", "a", "unused")
    assert boolean_function("S & N").variables == ("N", "S")  # letters that SymPy gives a meaning
    assert boolean_function("x1 | ~x1", variables=["x1"]).values == (1, 1)


@given(tables)
def test_the_expression_of_a_function_is_that_function(function):
    assert boolean_function(function.expression(), variables=function.variables).values == function.values


@pytest.mark.parametrize(
    ("source", "options", "message"),
    [
        ([0, 1, 1], {}, "3 values: accepted are 1, 2, 4, 8"),
        ("011", {}, "3 values"),
        ([], {}, "0 values"),
        ([0, 1, 2, 0], {}, "row 3 has the value 2: accepted are 0 and 1"),
        ([0, 1, float("nan"), 0], {}, "row 3 has the value nan"),
        ([0, 1, None, 0], {}, "row 3 has the value None"),
        ([0, 1, 1, 0], {"coding": (-1, 1)}, "row 1 has the value 0: accepted are -1 and 1"),
        (lambda a, b: a + b, {}, "row 4 has the value 2"),
        (lambda *bits: 0, {}, "accepted only for a function whose arguments have names"),
        ("0110", {"variables": ["a"]}, "accepted are 2 different names"),
        ("0110", {"variables": ["a", "a"]}, "accepted are 2 different names"),
        ("x1 &", {}, "cannot be read"),
        ("x1 & x2", {"variables": ["x1", "y"]}, "x2 of the expression"),
        ("x1 + x2", {}, "cannot be read: accepted are names, 0 and 1"),
        ("x1 & 2", {}, "cannot be read: accepted are names, 0 and 1"),
        ("x1 & 1.0", {}, "cannot be read: accepted are names, 0 and 1"),
        ("Not(a, b)", {}, "Not of 2 parts: accepted are 1"),
        ("And()", {}, "And of 0 parts: accepted are one or more"),
        ("~" * 500 + "x", {}, "cannot be read: operations are nested deeper than 100"),
        ("(" * 5000 + "x", {}, "cannot be read"),
        ("x" * 10_001, {}, "an expression of 10001 characters: accepted are at most 10000"),
        (sympy.Symbol("x") < 1, {}, "the expression contains x < 1: accepted are And, Or"),
        ("0110", {"coding": (1, 0)}, "the one for false smaller"),
        ("0110", {"coding": 3}, "coding=3: accepted are two integers"),
        ("01", {"variables": [1]}, "accepted are different names"),
        ([0] * 2**17, {}, "17 variables: accepted are at most 16"),
    ],
)
def test_what_is_no_boolean_function_is_named(source, options, message):
    with pytest.raises(ValueError, match=message):
        boolean_function(source, **options)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()",
        "[x for x in ()]",
        "(lambda: 1)()",
        "x.__class__",
        "print(x)",
        "f'{x}'",
        "x := 1",
        "exit()",
    ],
)
def test_a_text_is_never_run(text):
    with pytest.raises(ValueError, match="cannot be read"):
        boolean_function(text)


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("a & ~b | c", lambda a, b, c: (a and not b) or c),
        ("a and not b or c", lambda a, b, c: (a and not b) or c),
        ("a | b & c ^ a", lambda a, b, c: a or ((b and c) != a)),
        ("a >> b >> c", lambda a, b, c: not (not a or b) or c),
        ("Implies(a, b)", lambda a, b: not a or b),
        ("Xor(a, b, c)", lambda a, b, c: (a + b + c) % 2),
        ("Xnor(a, b)", lambda a, b: a == b),
        ("Equivalent(a, b, c)", lambda a, b, c: a == b == c),
        ("Nand(a, b, c)", lambda a, b, c: not (a and b and c)),
        ("Nor(a, b)", lambda a, b: not (a or b)),
        ("ITE(a, b, c)", lambda a, b, c: b if a else c),
        (" a & True | 0 ", lambda a: a),
        ("&".join(["a"] * 2000), lambda a: a),
    ],
)
def test_texts_mean_what_they_mean_in_python(text, function):
    assert boolean_function(text) == boolean_function(
        lambda *bits: int(bool(function(*bits))), variables=boolean_function(text).variables
    )
    assert boolean_function(text).arity == function.__code__.co_argcount


OPERATIONS = ["And", "Or", "Xor", "Nand", "Nor", "Implies", "Equivalent"]
TEXTS = st.recursive(
    st.sampled_from(["a", "b", "c", "True"]),
    lambda part: st.one_of(
        st.builds("~({})".format, part),
        st.builds("({}) {} ({})".format, part, st.sampled_from(["&", "|", "^", ">>"]), part),
        st.builds("{}({}, {})".format, st.sampled_from(OPERATIONS), part, part),
    ),
    max_leaves=8,
)


@examples(100)
@given(TEXTS)
def test_texts_mean_what_sympy_s_own_parser_reads(text):
    names = ["a", "b", "c"]
    with_names = text.replace("True", "(a | ~a)")
    theirs = sympy.parsing.sympy_parser.parse_expr(with_names, {name: sympy.Symbol(name) for name in names})
    ours = boolean_function(text, variables=names)
    for point in corners(3).tolist():
        value = theirs.subs(dict(zip(names, map(bool, point), strict=True)))
        assert ours(*point) == int(bool(value))
    assert boolean_function(theirs, variables=names) == ours


def test_other_mistakes_are_named():
    with pytest.raises(ValueError, match="source=3: accepted are a truth table"):
        boolean_function(3)
    with pytest.raises(ValueError, match="accepted are 2 bits"):
        boolean_function("0110")(1)
    with pytest.raises(ValueError, match="one for false smaller"):
        corners(2, coding=(1, 1))
    with pytest.raises(ValueError, match="choose='best'"):
        separate(boolean_function("0110"), choose="best")
    with pytest.raises(ValueError, match="accepted are at most 7"):
        separate(boolean_function([0] * 255 + [1]), choose="smallest")
    with pytest.raises(ValueError, match="accepted are whole numbers"):
        separate_points([[0.5, 1]], [[1, 1]])
    with pytest.raises(ValueError, match="accepted are a row for each point"):
        separate_points([1, 1], [[1, 1]])
    with pytest.raises(ValueError, match="equally many"):
        separate_points([[1, 1]], [[1, 1, 1]])
    with pytest.raises(ValueError, match="accepted are 0 to 7"):
        count_threshold_functions(8)
    with pytest.raises(ValueError, match="accepted are 0 to 4"):
        classify_functions(5)
    with pytest.raises(ValueError, match="functions of two"):
        weight_polygon(boolean_function("01"), 0, box=[(-1, 1)] * 2)
    with pytest.raises(ValueError, match=r"box=\[\(1, 1\), \(0, 2\)\]: accepted are two pairs"):
        weight_polygon("0110", 0, box=[(1, 1), (0, 2)])
    with pytest.raises(ValueError, match=r"bias=\[1, 2\]: accepted is one number"):
        weight_polygon("0110", [1, 2], box=[(-1, 1)] * 2)
    with pytest.raises(ValueError, match="bias holds None: accepted are finite real numbers"):
        weight_polygon("0110", None, box=[(-1, 1)] * 2)
    with pytest.raises(ValueError, match=r"point=\(0.5, 0.5\): accepted are 2 whole numbers"):
        separate("0001").activation((0.5, 0.5))
    with pytest.raises(ValueError, match="point=3: accepted are 2 whole numbers"):
        separate("0001").activation(3)
    with pytest.raises(ValueError, match="source is on the device meta"):
        boolean_function(torch.empty(4, device="meta"))
    with pytest.raises(ValueError, match="values=3: accepted are a truth table"):
        BooleanFunction(3, ())
    with pytest.raises(ValueError, match="value=2: accepted are 0 and 1"):
        boolean_function("0110").points(2)
    with pytest.raises(ValueError, match="3 values for 1 variables: accepted are 2"):
        BooleanFunction((0, 1, 1), ("a",))
    with pytest.raises(ValueError, match="row 2 has the value 2"):
        BooleanFunction((0, 2), ("a",))
    with pytest.raises(ValueError, match=r"arity=2\.0: accepted is a whole number"):
        corners(2.0)
    with pytest.raises(ValueError, match="accepted are at most 24 variables"):
        corners(25)
    with pytest.raises(ValueError, match=r"arity=1\.5: accepted is a whole number"):
        count_threshold_functions(1.5)
    with pytest.raises(ValueError, match="accepted for 1 variables"):
        numbered_function(4, 1)


# --- one neuron -------------------------------------------------------------------------------------


@pytest.mark.problem("logic-and-or")
@pytest.mark.parametrize(("table", "weights", "bias"), [("0001", (1, 1), -2), ("0111", (1, 1), -1)])
def test_and_or_have_these_smallest_weights_and_the_margin_of_a_half_diagonal(table, weights, bias):
    function = boolean_function(table)
    smallest = separate(function, choose="smallest")
    assert (smallest.weights, smallest.bias) == (weights, bias)
    widest = separate(function, choose="margin")
    assert widest.verify()
    assert widest.squared_margin == Fraction(1, 8)  # half of the distance 1/sqrt(2) of two parallel diagonals


@pytest.mark.problem("logic-xor-impossible")
@pytest.mark.parametrize("number", [0b0110, 0b1001])
def test_xor_and_its_negation_have_the_certificate_of_the_two_diagonals(number):
    function = numbered_function(number, 2)
    certificate = separate(function)
    assert isinstance(certificate, NotSeparable)
    assert refutes(certificate, function)
    assert {certificate.true_points, certificate.false_points} == {((0, 1), (1, 0)), ((0, 0), (1, 1))}
    assert not refutes(certificate, numbered_function(0b0111, 2))


@examples(300)
@given(tables, st.sampled_from([(0, 1), (-1, 1)]))
def test_every_function_gets_a_verified_answer_that_agrees_with_linear_programming(function, coding):
    answer = separate(function, coding=coding)
    assert answer.verify()
    assert isinstance(answer, Separable) == separable_by_linear_program(function)
    if isinstance(answer, NotSeparable):
        assert refutes(answer, function, coding)


@examples(200)
@given(threshold_functions())
def test_a_neuron_s_function_is_found_separable_with_any_choice(function):
    any_, smallest, widest = (separate(function, choose=choose) for choose in ("any", "smallest", "margin"))
    for answer in (any_, smallest, widest):
        assert isinstance(answer, Separable)
        points = corners(function.arity)
        fires = points @ np.array(answer.weights) + answer.bias >= 0
        assert fires.astype(int).tolist() == list(function.values)
    assert sum(map(abs, smallest.weights)) <= sum(map(abs, any_.weights))
    assert widest.margin >= any_.margin * (1 - 1e-12)
    assert widest.margin >= smallest.margin * (1 - 1e-12)


@pytest.mark.parametrize("coding", [(0, 1), (-1, 1)])
@pytest.mark.parametrize("arity", [1, 2, 3])
def test_smallest_weights_are_smallest_by_brute_force(arity, coding):
    points = corners(arity, coding=coding)
    vectors = np.array(list(itertools.product(range(-4, 5), repeat=arity)))
    vectors = vectors[np.argsort(abs(vectors).sum(axis=1), kind="stable")]
    for number in range(2 ** (2**arity)):
        function = numbered_function(number, arity)
        answer = separate(function, coding=coding, choose="smallest")
        sums, truth = vectors @ points.T, np.array(function.values) == 1
        low = np.where(truth, sums, 99).min(axis=1)
        high = np.where(truth, -99, sums).max(axis=1)
        fitting = np.flatnonzero(low > high)
        assert isinstance(answer, Separable) == bool(len(fitting))
        if isinstance(answer, Separable):
            assert sum(map(abs, answer.weights)) == abs(vectors[fitting[0]]).sum()


@examples(100)
@given(threshold_functions(most=4))
def test_the_widest_strip_is_as_wide_as_the_quadratic_program_says(function):
    """Dual of the support vector machine, by projected gradient: the distance of the hulls of both sides."""
    answer = separate(function, choose="margin")
    true, false = (function.points(value).astype(float) for value in (1, 0))
    if answer.squared_margin is None:
        assert not len(true) or not len(false)
        return
    # Any two points of the hulls are at least 2 margins apart, and some are exactly that far.
    rng = np.random.default_rng(0)
    shares = [rng.dirichlet(np.full(len(side), 0.3), size=500) for side in (true, false)]
    distances = np.linalg.norm(shares[0] @ true - shares[1] @ false, axis=1)
    assert distances.min() >= 2 * answer.margin - 1e-12
    weights = np.array(answer.weights) / np.linalg.norm(answer.weights)
    assert (true @ weights).min() - (false @ weights).max() == pytest.approx(2 * answer.margin)
    assert min(map(answer.activation, answer.true_points)) == -max(map(answer.activation, answer.false_points))


def test_the_widest_margin_of_the_majority_of_three():
    """Nearest points of the hulls are (2, 2, 2)/3 and (1, 1, 1)/3: half of their distance is 1/sqrt(12)."""
    assert separate(boolean_function("00010111"), choose="margin").squared_margin == Fraction(1, 12)


@examples(100)
@given(st.integers(1, 4), st.integers(0, 10_000))
def test_separate_points_decides_random_whole_points_as_linear_programming_does(dimension, seed):
    rng = np.random.default_rng(seed)
    true, false = (rng.integers(-5, 6, (int(rng.integers(1, 8)), dimension)) for _ in range(2))
    answer = separate_points(true, false)
    assert answer.verify()
    rows = np.vstack([np.hstack([-true, -np.ones((len(true), 1))]), np.hstack([false, np.ones((len(false), 1))])])
    bounds = np.concatenate([np.zeros(len(true)), -np.ones(len(false))])
    assert isinstance(answer, Separable) == (
        linprog(np.zeros(dimension + 1), rows, bounds, bounds=(None, None)).status == 0
    )


def test_a_certificate_may_need_more_than_two_points():
    """The middle of a triangle: 3 (1, 1) = (0, 0) + (3, 0) + (0, 3)."""
    answer = separate_points([[1, 1]], [[0, 0], [3, 0], [0, 3]])
    assert isinstance(answer, NotSeparable)
    assert answer.true_counts == (3,)
    assert "3 (1, 1) = " in str(answer)


@pytest.mark.parametrize("arity", [0, 1, 3])
def test_constants_are_separable(arity):
    for value in (0, 1):
        answer = separate(boolean_function([value] * 2**arity), choose="margin")
        assert answer.verify()
        assert answer.weights == (0,) * arity
        assert answer.margin == math.inf


def test_verify_notices_what_was_tampered_with():
    neuron, certificate = separate(boolean_function("0001")), separate(boolean_function("0110"))
    assert not dataclasses.replace(neuron, bias=0).verify()
    assert not dataclasses.replace(neuron, bias=-3).verify()
    assert not dataclasses.replace(certificate, true_counts=(1, 2)).verify()
    assert not dataclasses.replace(certificate, true_counts=(1, 0), false_counts=(1, 0)).verify()
    assert not dataclasses.replace(certificate, true_points=((0, 1), (1, 1))).verify()


def test_twelve_variables_are_decided_beyond_the_pairs():
    weights = np.arange(1, 12)
    function = boolean_function((corners(11) @ weights >= 33).astype(int).tolist())
    assert isinstance(separate(function), Separable)
    parity = boolean_function((corners(11).sum(axis=1) % 2).tolist())
    answer = separate(parity)
    assert isinstance(answer, NotSeparable)
    assert refutes(answer, parity)


@pytest.mark.problem("logic-and-or")
@pytest.mark.parametrize("number", range(16))
@pytest.mark.parametrize("bias", [-2, -1, Fraction(-1, 2), 0, 1])
def test_the_polygon_of_weights_holds_exactly_the_weights_that_work(number, bias):
    function = numbered_function(number, 2)
    polygon = weight_polygon(function, bias, box=[(-4, 4)] * 2)
    grid = [Fraction(k, 4) + Fraction(1, 16) for k in range(-16, 16)]  # off the borders
    for p, q in itertools.product(grid, repeat=2):
        works = all((p * x + q * y + bias >= 0) == function(x, y) for x, y in itertools.product((0, 1), repeat=2))
        turns = [
            (x1 - x0) * (q - y0) - (y1 - y0) * (p - x0)
            for (x0, y0), (x1, y1) in zip(polygon, polygon[1:] + polygon[:1], strict=True)
        ]
        assert works == (bool(turns) and min(turns) >= 0)


# --- all functions ----------------------------------------------------------------------------------


@pytest.mark.problem("logic-xor-impossible")
@pytest.mark.parametrize("arity", range(5))
def test_every_function_of_up_to_four_variables_is_decided_with_proof(arity):
    everything = classify_functions(arity)
    assert everything.verify()
    assert len(everything.separable) == 2 ** (2**arity)
    assert everything.separable.sum() == [2, 4, 14, 104, 1882][arity]
    for number in np.random.default_rng(arity).integers(0, len(everything.separable), 50).tolist():
        answer, alone = everything.answer(number), separate(numbered_function(number, arity))
        assert type(answer) is type(alone)
        assert answer.verify()


def test_a_tampered_classification_is_noticed():
    everything = classify_functions(2)
    bias = everything.bias.copy()
    bias[1] += 1
    assert not dataclasses.replace(everything, bias=bias).verify()
    certificates = everything.certificates.copy()
    certificates[6] = certificates[9]
    assert not dataclasses.replace(everything, certificates=certificates).verify()


def test_counts_are_those_published():
    """OEIS A000609."""
    published = [2, 4, 14, 104, 1882, 94572, 15028134, 8378070864]
    assert [count_threshold_functions(arity) for arity in range(8)] == published


# --- networks ---------------------------------------------------------------------------------------


@examples(150)
@given(tables)
def test_any_function_is_compiled_in_four_ways(function):
    table = [[value] for value in function.values]
    points = corners(function.arity)
    networks = [threshold_network(function), relu_circuit(function), nand_circuit(function)]
    for network in [*networks, as_relu(networks[0])]:
        assert network(points).tolist() == table


def test_relu_networks_agree_with_torch():
    network = relu_circuit(boolean_function("(x1 ^ x2) & x3 | x4"))
    layers = []
    for weight, bias in network.layers:
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        linear.weight.data = torch.from_numpy(weight.astype(float))
        linear.bias.data = torch.from_numpy(bias.astype(float))
        layers += [linear, torch.nn.ReLU()]
    inputs = np.random.default_rng(0).normal(size=(50, 4))
    expected = torch.nn.Sequential(*layers[:-1])(torch.from_numpy(inputs)).detach().numpy()
    assert np.allclose(network(inputs).astype(float), expected)


def test_two_hidden_neurons_are_used_whenever_two_are_enough_and_three_for_parity():
    """Brute force over all pairs of the 104 threshold functions of three variables and all functions of the pair."""
    everything = classify_functions(3)
    numbers = np.flatnonzero(everything.separable)
    two = set()
    for first, second in itertools.product(numbers.tolist(), repeat=2):
        two |= {first & second, first | second}
    for number in range(256):
        units = threshold_network(numbered_function(number, 3)).units
        assert units == (0 if everything.separable[number] else 2 if number in two else 3)
    assert threshold_network(boolean_function("x1 ^ x2 ^ x3")).units == 3


@pytest.mark.problem("logic-relu-nand")
def test_nand_alone_computes_every_function_of_three_variables():
    for number in range(256):
        network = nand_circuit(numbered_function(number, 3))
        assert network.computes(numbered_function(number, 3))
        for weight, bias in network.layers:
            for row, b in zip(weight.tolist(), bias.tolist(), strict=True):
                passes = sorted(row)[-1:] == [1] and sum(map(abs, row)) == 1 and b == -1
                assert passes or (set(row) <= {0, -1} and b == -sum(row) - 1)  # NAND of the inputs it reads


def test_variables_may_have_the_names_of_a_circuit_s_own_gates():
    """A variable f once had the name of the last gate, and the circuit was refused."""
    for names in (["f", "g"], ["term 0", "not f"]):
        for number in range(16):
            function = boolean_function(numbered_function(number, 2), variables=names)
            assert nand_circuit(function).computes(function)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_the_adder_adds_all_pairs(bits):
    inputs = corners(2 * bits)
    places = 1 << np.arange(bits + 1)
    wanted = inputs[:, :bits] @ places[:-1] + inputs[:, bits:] @ places[:-1]
    for network in (adder(bits), as_relu(adder(bits))):
        assert np.array_equal(network(inputs) @ places, wanted)


def test_networks_and_answers_say_what_they_are_in_a_line():
    xor = boolean_function("a ^ b")
    assert repr(xor) == "BooleanFunction(0110 of a, b)"
    assert repr(threshold_network(xor)) == "LogicNetwork(2-2-1, step)"
    assert repr(separate("0001", choose="smallest")) == "Separable(weights=(1, 1), bias=-2)"
    assert repr(classify_functions(2)) == "Classification(arity=2, 14 of 16 separable)"
    assert repr(prove_gate(OR, lambda a, b: a > 0)) == "SignProof(f > 0 where wanted: false, on 9 faces)"
    assert all(len(repr(relu_circuit([n % 3 == 0 for n in range(2**k)]))) < 60 for k in range(9))


def test_sums_beyond_64_bits_stay_exact():
    deep = LogicNetwork([([[2**40]], [1]), ([[2**40]], [0])], "relu")
    assert deep([[1]]).tolist() == [[2**80 + 2**40]]
    assert deep([[Fraction(1, 2)]]).tolist() == [[2**79 + 2**40]]
    assert LogicNetwork([([[0.1]], [0])], "relu")([[10]]).tolist() == [[Fraction(0.1) * 10]]


def test_wrong_networks_are_named():
    with pytest.raises(ValueError, match="activation='tanh': accepted are 'step' and 'relu'"):
        LogicNetwork([([[1]], [0])], "tanh")
    with pytest.raises(ValueError, match="layers is empty"):
        LogicNetwork([], "relu")
    with pytest.raises(ValueError, match=r"layers=\[1\]: accepted are pairs"):
        LogicNetwork([1], "relu")
    with pytest.raises(ValueError, match="network=3: accepted is a LogicNetwork"):
        as_relu(3)
    with pytest.raises(ValueError, match=r"bias=0\.5: accepted is a whole number"):
        Gate("b", {"a": 1}, 0.5)
    with pytest.raises(ValueError, match="weight of a=None: accepted is a whole number"):
        Gate("b", {"a": None}, 0)
    with pytest.raises(ValueError, match="weights=3: accepted is a mapping"):
        Gate("b", 3, 0)
    with pytest.raises(ValueError, match=r"inputs=\[1\]: accepted are names"):
        circuit([1], [], [])
    with pytest.raises(ValueError, match="gates=None: accepted are gates"):
        circuit([], None, [])
    with pytest.raises(
        ValueError, match=r"layer 1 has a weight of shape \(1, 2\) and a bias of shape \(1,\): accepted are"
    ):
        LogicNetwork([([[1]], [0]), ([[1, 1]], [0])], "relu")
    with pytest.raises(ValueError, match="weight holds 'a': accepted are finite real numbers"):
        LogicNetwork([([["a"]], [0])], "relu")
    with pytest.raises(ValueError, match="inputs has the type"):
        adder(1)([["a", "b"]])
    with pytest.raises(ValueError, match="1 functions of 1 variables: accepted are 2 of 2"):
        adder(1).computes(boolean_function("01"))
    with pytest.raises(ValueError, match="accepted is"):
        adder(1)([[1, 0, 1]])
    with pytest.raises(ValueError, match="bits=0: accepted is a whole number of at least 1"):
        adder(0)
    with pytest.raises(ValueError, match="reads 'c'"):
        circuit(["a"], [Gate("b", {"c": 1}, 0)], ["b"])
    with pytest.raises(ValueError, match="name that is taken"):
        circuit(["a"], [Gate("a", {"a": 1}, 0)], ["a"])
    with pytest.raises(ValueError, match="neither an input nor a gate"):
        circuit(["a"], [], ["b"])
    with pytest.raises(ValueError, match="different names"):
        circuit(["a", "a"], [], ["a"])
    with pytest.raises(ValueError, match="threshold neurons"):
        as_relu(relu_circuit(boolean_function("0110")))


# --- gates on the plane -----------------------------------------------------------------------------


def relu_net(*layers):
    return LogicNetwork(tuple((np.array(weight), np.array(bias)) for weight, bias in layers), "relu")


OR = relu_net(([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0]))
XOR = relu_net(([[1, -1], [-1, 1], [1, 1], [-1, -1]], [0] * 4), ([[1, 1, -1, -1]], [0]))
XOR_BY_AND = relu_net(
    ([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4),
    ([[1, 1, 0, 0], [1, 0, 0, -1], [0, 1, -1, 0]], [0] * 3),
    ([[1, -1, -1]], [0]),
)
NAND = relu_net(([[1, 0], [1, -1]], [0, 0]), ([[-1, 1]], [0]))


@pytest.mark.parametrize(
    ("network", "wanted", "relation"),
    [
        pytest.param(OR, lambda a, b: a > 0 or b > 0, "> 0", marks=pytest.mark.problem("logic-relu-or")),
        pytest.param(XOR, lambda a, b: a * b < 0, "> 0", marks=pytest.mark.problem("logic-relu-xor")),
        pytest.param(XOR_BY_AND, lambda a, b: a * b < 0, "> 0", marks=pytest.mark.problem("logic-relu-xor")),
        pytest.param(NAND, lambda a, b: not (a > 0 and b > 0), ">= 0", marks=pytest.mark.problem("logic-relu-nand")),
    ],
)
def test_gates_are_proved_and_hold_at_random_rational_points(network, wanted, relation):
    proof = prove_gate(network, wanted, relation=relation)
    assert proof.verify()
    assert proof.counterexample() is None
    assert "WRONG" not in str(proof)
    rng = np.random.default_rng(0)
    for p, q in [*rng.integers(-3, 4, (200, 2)).tolist(), *itertools.product((-1, 0, 1), repeat=2)]:
        (value,) = network(np.array([[Fraction(p, 2), Fraction(q, 3)]], dtype=object))[0]
        assert (value > 0 if relation == "> 0" else value >= 0) == bool(wanted(np.sign(p), np.sign(q)))


@examples(60)
@given(st.integers(0, 10_000), st.sampled_from(["> 0", ">= 0"]))
def test_a_refutation_is_a_point_and_a_proof_survives_sampling(seed, relation):
    rng = np.random.default_rng(seed)
    widths = [2, *rng.integers(1, 4, size=rng.integers(1, 3)).tolist(), 1]
    network = relu_net(*((rng.integers(-2, 3, (o, i)), rng.integers(-1, 2, o)) for i, o in itertools.pairwise(widths)))
    table = dict(zip(itertools.product((-1, 0, 1), repeat=2), rng.integers(0, 2, 9).tolist(), strict=True))
    proof = prove_gate(network, lambda a, b: table[a, b], relation=relation)

    def right(p, q):
        (value,) = network(np.array([[p, q]], dtype=object))[0]
        sign = [int((x > 0) - (x < 0)) for x in (p, q)]
        return (value > 0 if relation == "> 0" else value >= 0) == bool(table[tuple(sign)])

    if proof.verify():
        assert all(right(Fraction(p, 2), Fraction(q, 2)) for p, q in itertools.product(range(-8, 9), repeat=2))
    else:
        assert not right(*proof.counterexample())


def test_the_faces_cover_the_plane_with_the_network_s_own_maps():
    """A region's affine map is the network at its corners and far along its directions."""
    for face in prove_gate(XOR_BY_AND, lambda a, b: True).faces:
        a, b, c = face.affine
        for x, y in face.corners:
            for p, q in [(0, 0), *face.directions]:
                point = np.array([[x + 7 * p, y + 7 * q]], dtype=object)
                assert XOR_BY_AND(point)[0, 0] == a * point[0, 0] + b * point[0, 1] + c


def test_only_networks_from_the_plane_to_a_number_are_gates():
    with pytest.raises(ValueError, match="a network of 'step' neurons, which jump: accepted are networks of 'relu'"):
        prove_gate(adder(1), lambda a, b: True)
    with pytest.raises(ValueError, match="2 inputs and 2 outputs: accepted is 2 and 1"):
        prove_gate(as_relu(adder(1)), lambda a, b: True)
    with pytest.raises(ValueError, match="relation='<'"):
        prove_gate(OR, lambda a, b: True, relation="<")
