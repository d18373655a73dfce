"""Compare an answer with a reference, and say where the two part and what that breaks."""

from __future__ import annotations

import contextlib
import copy
import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from numbers import Number
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from hwlib._core.arguments import whole
from hwlib._core.arrays import as_array, as_numbers
from hwlib._core.exact import as_exact
from hwlib._core.types import AnyArray
from hwlib.teach._verdict import UNANSWERED, Verdict, is_open

if TYPE_CHECKING:
    import sympy

    from hwlib.network import Network

__all__ = ["compare_function", "compare_matrix", "compare_places"]

Place = tuple[int, ...]


def compare_matrix(
    answer: Any,
    reference: sympy.Matrix,
    *,
    row_name: Callable[[int], str],
    column_name: Callable[[int], str],
    explain_row: Callable[[int], str] = lambda row: "",
    symbols: Iterable[sympy.Symbol] = (),
    mistakes: Mapping[str, sympy.Matrix] | None = None,
) -> Verdict:
    """Compare a matrix of symbols or numbers with the reference, entry by entry, rows first.

    Where an entry differs, the counter-example is an input that is 1 in that column and 0 elsewhere, with numbers
    put in for the symbols that make the two outputs differ.

    Args:
        answer: SymPy matrix, array or nested lists, of the reference's symbols and numbers.
        reference: the right matrix.
        row_name: name of the output that a row computes, such as ``y(1,0)``.
        column_name: name of the input that a column reads, such as ``x(1,2)``.
        explain_row: one more sentence on how that output comes about.
        symbols: symbols that may occur in an answer, besides those of the reference.
        mistakes: matrices that typical mistakes lead to, each under the sentence that names the mistake.

    Returns:
        The verdict.

    Example:
        >>> import sympy
        >>> right, a = sympy.eye(2), sympy.Matrix([[1, 0], [2, 1]])
        >>> print(compare_matrix(a, right, row_name="y({})".format, column_name="x({})".format))
        ✗ Not yet. Row 1, which computes y(1): the entry for x(0) is 2, expected 0.
        Counter-example: let x(0) = 1 and every other input be 0.
        Your matrix gives y(1) = 2, but it should be 0.
    """
    import sympy

    if is_open(answer):
        return UNANSWERED
    try:
        matrix = _matrix(answer)
    except (TypeError, ValueError) as error:
        given = type(answer).__name__
        return Verdict(
            "wrong",
            f"This {given} cannot be read as a matrix: give a list of rows of equal length, or a sympy.Matrix. {error}",
        )
    known = reference.free_symbols | set(symbols)
    if strangers := sorted(map(str, matrix.free_symbols - known)):
        names = ", ".join(sorted(map(_plain, known))) or "none: use numbers"
        return Verdict("wrong", f"Your matrix has the unknown symbol {strangers[0]}; the symbols here are {names}.")
    diagnosis = next((text for text, wrong in (mistakes or {}).items() if _same_matrix(matrix, wrong)), "")
    if matrix.shape != reference.shape:
        return Verdict("wrong", _wrong_shape(matrix.shape, reference.shape, row_name, column_name), diagnosis)
    for row, column in np.ndindex(*reference.shape):
        given, expected = matrix[row, column], reference[row, column]
        if sympy.expand(given - expected) != 0 and sympy.simplify(given - expected) != 0:
            message = (
                f"Row {row}, which computes {row_name(row)}: the entry for {column_name(column)} is {_plain(given)}, "
                f"expected {_plain(expected)}.{explain_row(row)}\n"
                + _counter_example(given, expected, row_name(row), column_name(column))
            )
            return Verdict("wrong", message, diagnosis)
    return Verdict("right", f"All {reference.shape[0]} x {reference.shape[1]} entries agree with the definition.")


def compare_places(
    answer: Any,
    values: AnyArray,
    wanted: Callable[[AnyArray], AnyArray],
    *,
    what: str,
    name: str = "Z",
    mistakes: Mapping[str, Iterable[Place]] | None = None,
) -> Verdict:
    """Compare a collection of index tuples with the places of an array where a condition holds.

    Args:
        answer: index tuples, in any order.
        values: the array.
        wanted: from the array to a Boolean array of its shape: the right places.
        what: the condition in words, such as ``the largest value``.
        name: letter of the array.
        mistakes: places that typical mistakes lead to, each under the sentence that names the mistake.

    Returns:
        The verdict.

    Example:
        >>> z = np.array([[1, 5], [5, 0]])
        >>> print(compare_places([(0, 1)], z, lambda z: z == z.max(), what="the largest value"))
        ✗ Not yet. A place is missing: Z(1,0) = 5 is the largest value.
    """
    if is_open(answer):
        return UNANSWERED
    try:
        places = {index_tuple(place) for place in answer}
    except (TypeError, ValueError):
        return Verdict("wrong", f"Give a list of index tuples such as [(0, 1), (2, 0)], not {answer!r}.")
    right = {tuple(map(int, place)) for place in np.argwhere(wanted(values))}
    diagnosis = next((text for text, wrong in (mistakes or {}).items() if places == set(wrong)), "")
    shape = " x ".join(map(str, values.shape))
    for place in sorted(places - right):
        index = ",".join(map(str, place))
        if len(place) != values.ndim or any(not 0 <= i < n for i, n in zip(place, values.shape, strict=True)):
            return Verdict("wrong", f"({index}) is no place of {name}, which is {shape}, counted from 0.", diagnosis)
        return Verdict("wrong", f"{name}({index}) = {values[place]} is not {what}.", diagnosis)
    for place in sorted(right - places):
        index = ",".join(map(str, place))
        return Verdict("wrong", f"A place is missing: {name}({index}) = {values[place]} is {what}.", diagnosis)
    return Verdict("right", f"These {len(right)} places are all where {name} is {what}.")


def compare_function(
    answer: Any,
    reference: Callable[..., Any],
    cases: Iterable[Mapping[str, Any]],
    *,
    mistakes: Mapping[str, Callable[..., Any]] | None = None,
    tolerance: float = 0.0,
    read: Callable[[Any], Any] | None = None,
) -> Verdict:
    """Compare a function with the reference on cases, small ones first: the first that differs is the counter-example.

    Args:
        answer: function that takes the arguments of a case, in that order.
        reference: the right function; it is called first, and each call has copies of the arguments for itself.
        cases: arguments by name, easiest case first.
        mistakes: functions that typical mistakes lead to, each under the sentence that names the mistake.
        tolerance: by how much numbers may differ, absolutely; not at all by default.
        read: from what the functions return to numbers, or arrays of numbers, to compare; by default as it is.

    Returns:
        The verdict. An exception that the function raises is reported with the arguments that raised it.

    Example:
        >>> cases = [{"n": n} for n in range(4)]
        >>> print(compare_function(lambda n: n + n, lambda n: n * n, cases))
        ✗ Not yet. For n = 1 your function returns 2, expected 1.
    """
    if not callable(answer):
        return Verdict("wrong", f"Give the function itself, without calling it; this is {answer!r}.")
    count = 0
    cases = list(cases)
    for count, case in enumerate(cases, 1):
        expected = reference(*_copies(case))
        given = returned(answer, case)
        if given is UNANSWERED and count > 1:
            return Verdict("wrong", f"For {_arguments(case)} your function returns nothing.")
        if isinstance(given, Verdict):
            return given
        if not _same_value(given, expected, tolerance, read):
            message = f"For {_arguments(case)} your function returns {_difference(given, expected, tolerance, read)}."
            return Verdict("wrong", message, _known_mistake(answer, cases, mistakes or {}, tolerance, read))
    return Verdict("right", f"Your function agrees with an independent computation in all {count} cases.")


def returned(answer: Callable[..., Any], case: Mapping[str, Any]) -> Any:
    """What a student's function returns for copies of the arguments; a verdict if it returns nothing, or raises.

    Args:
        answer: the function.
        case: arguments by name, given in that order.

    Returns:
        The value, ``UNANSWERED`` for none, or the verdict that names what was raised, for which arguments, and where.
    """
    given = _outcome(answer, case)
    if given is None or isinstance(given, EllipsisType | NotImplementedError):
        return UNANSWERED
    if isinstance(given, BaseException):
        where, name = _line_of(given, answer), type(given).__name__
        return Verdict("wrong", f"For {_arguments(case)} your function raises {name}{where}: {given}")
    return given


def named(mistakes: Mapping[str, bool]) -> str:
    """The first mistake that was made, of sentences that name mistakes and whether each was made."""
    return next((text for text, made in mistakes.items() if made), "")


def all_cases(**ranges: Iterable[int]) -> list[dict[str, int]]:
    """Every combination of the arguments' values."""
    return [dict(zip(ranges, values, strict=True)) for values in itertools.product(*ranges.values())]


def index_tuple(place: Any) -> Place:
    """A place as whole numbers; others are refused, not rounded, and texts are not read.

    Raises:
        TypeError: if it is no sequence.
        ValueError: if an entry is no whole number.
    """
    return tuple(whole("index", index) for index in place)


def as_meant(name: str, values: Any) -> AnyArray:
    """Numbers as Fractions, the way a student means them: 0.1 is a tenth and 1/3 a third, not the nearest floats.

    A float within a few roundings of a fraction with a denominator of at most 1000 is that fraction; other floats, of
    which no two come so close to one, have their exact value.

    Args:
        name: of the argument, for the error.
        values: finite real numbers: whole, floats, Fractions, in rows of one length; also a sparse matrix.

    Returns:
        Array of Fractions.

    Raises:
        ValueError: if an entry is no finite real number.

    Example:
        >>> as_meant("weights", [0.1, 3 * 0.1, 1 / 3]).tolist()
        [Fraction(1, 10), Fraction(3, 10), Fraction(1, 3)]
    """
    array = as_array(name, _dense(values))
    exact = as_exact(name, array)
    precision = 4 * Fraction(float(np.finfo(array.dtype if array.dtype.kind == "f" else float).eps))
    for index, number in np.ndenumerate(array):
        value: Fraction = exact[index]  # type: ignore[assignment]
        simple = value.limit_denominator(1000)
        if isinstance(number, float | np.floating) and abs(simple - value) <= precision * abs(value):
            exact[index] = simple
    return exact


def rounding(values: Any) -> Fraction:
    """By which fraction of the sum of absolute values a sum may be off because floats are rounded: 0 without floats.

    Args:
        values: what a student gives: numbers, in rows of one length.

    Returns:
        A few roundings of the narrowest type of float among them.

    Raises:
        ValueError: if it is no array.

    Example:
        >>> rounding([1, Fraction(1, 3)]), float(rounding([0.1])) < 1e-14
        (Fraction(0, 1), True)
    """
    array = as_array("values", _dense(values))
    kinds = {array.dtype} if array.dtype.kind == "f" else {type(x) for x in array.flat if isinstance(x, _FLOATS)}
    return max((16 * Fraction(float(np.finfo(kind).eps)) for kind in kinds), default=Fraction(0))


_FLOATS = (float, np.floating)


def exact_network(layers: Any) -> Network:
    """Layers ``(weight, bias)`` as a network in Fractions, the way a student means them: 0.1 is a tenth.

    Raises:
        TypeError: if it is no sequence of pairs.
        ValueError: if an entry is no finite real number, or shapes do not fit.

    Example:
        >>> exact_network([([[0.1]], [0])]).layers[0].weight.tolist()
        [[Fraction(1, 10)]]
    """
    from hwlib.network import Network

    pairs = [(as_meant("weight", weight), as_meant("bias", bias)) for weight, bias in layers]
    return Network.from_arrays(pairs).as_fractions()


def decimal(number: Any) -> str:
    """A number in at most six digits, however large.

    Args:
        number: a whole number or a Fraction.

    Returns:
        As ``:g`` writes floats.

    Example:
        >>> decimal(Fraction(-1, 3)), decimal(10**400)
        ('-0.333333', '1.00000e+400')
    """
    return f"{Decimal(number.numerator) / Decimal(number.denominator):.6g}"


def in_short(number: Fraction) -> str:
    """A fraction as it is if it can be read, else as a decimal.

    Example:
        >>> in_short(Fraction(2, 3)), in_short(Fraction(1, 2**60))
        ('2/3', '8.67362e-19')
    """
    return str(number) if number.denominator <= 1000 else decimal(number)


def _known_mistake(
    answer: Callable[..., Any],
    cases: list[Mapping[str, Any]],
    mistakes: Mapping[str, Callable[..., Any]],
    tolerance: float,
    read: Callable[[Any], Any] | None,
) -> str:
    """The mistake whose function the answer equals on every case that both survive."""

    def same(wrong: Callable[..., Any], case: Mapping[str, Any]) -> bool:
        given, made = _outcome(answer, case), _outcome(wrong, case)
        if isinstance(given, BaseException) or isinstance(made, BaseException):
            return type(given) is type(made)
        return _same_value(given, made, tolerance, read)

    return next((text for text, wrong in mistakes.items() if all(same(wrong, case) for case in cases)), "")


def _outcome(function: Callable[..., Any], case: Mapping[str, Any]) -> Any:
    """What a function returns for copies of the arguments, or what it raises; ``sys.exit`` raises, too."""
    try:
        return function(*_copies(case))
    except (Exception, SystemExit) as error:
        return error


def _copies(case: Mapping[str, Any]) -> list[Any]:
    """Arguments that a function may change, and so their parts, without changing the case."""
    return copy.deepcopy(list(case.values()))


def _arguments(case: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {_plain(value)}" for name, value in case.items())


def _line_of(error: BaseException, answer: Callable[..., Any]) -> str:
    """Where in the student's own function the exception came from."""
    code = getattr(inspect.unwrap(answer), "__code__", None)
    trace, line = error.__traceback__, ""
    while trace is not None:
        if trace.tb_frame.f_code is code:
            line = f" in line {trace.tb_lineno - trace.tb_frame.f_code.co_firstlineno + 1} of it"
        trace = trace.tb_next
    return line


def _same_value(given: Any, expected: Any, tolerance: float, read: Callable[[Any], Any] | None) -> bool:
    try:
        values, right = _values(given, read), _values(expected, read)
    except (TypeError, ValueError, RuntimeError):  # RuntimeError: a tensor that NumPy does not take
        return False
    return values.shape == right.shape and not np.any(_differs(values, right, tolerance))


def _values(value: Any, read: Callable[[Any], Any] | None) -> AnyArray:
    """Numbers, or a word, as an array; a ValueError for anything else, whatever it claims to be equal to."""
    value = _dense(value if read is None else read(value))
    return np.asarray(value) if isinstance(value, str) else as_numbers("the value", value, exact=True)


def _differs(given: AnyArray, expected: AnyArray, tolerance: float) -> Any:
    """Where two arrays of one shape differ; something that is not a number differs from all."""
    if (given.dtype.kind == "U") != (expected.dtype.kind == "U"):
        return np.ones(expected.shape, dtype=bool)
    if not tolerance:
        return given != expected
    if given.dtype.kind == "O":
        given = np.vectorize(_number_or_nan, otypes=[complex])(given)
    return ~(abs(given - expected) <= tolerance)


def _number_or_nan(entry: Any) -> complex:
    """Numbers of any kind as floats; NaN for those beyond them, and for symbols that stand for none."""
    try:
        return complex(entry)
    except (TypeError, OverflowError):
        return complex(math.nan)


def _dense(value: Any) -> Any:
    return value.toarray() if hasattr(value, "toarray") else value


def _difference(given: Any, expected: Any, tolerance: float, read: Callable[[Any], Any] | None) -> str:
    """``given, expected expected`` for small values, the first entry that differs for arrays."""
    given, expected = _dense(given), _dense(expected)
    if not isinstance(expected, np.ndarray) or expected.ndim == 0:
        is_text = isinstance(given, str) and not isinstance(expected, str)
        return f"{f'the text {given!r}' if is_text else _plain(given)}, expected {_plain(expected)}"
    try:
        array = _values(given, read)
    except (TypeError, ValueError):
        return f"{given!r}, which is no array of numbers"
    if array.shape != expected.shape:
        return f"an array of shape {array.shape}, expected {expected.shape}"
    place = tuple(map(int, np.argwhere(_differs(array, expected, tolerance))[0]))
    index = ",".join(map(str, place))
    return f"an array whose entry ({index}) is {array[place]}, expected {expected[place]}"


def _matrix(answer: Any) -> sympy.Matrix:
    """Numbers and symbols as a matrix. SymPy would evaluate a text, so texts do not get that far."""
    import sympy

    if isinstance(answer, sympy.MatrixBase):
        return sympy.Matrix(answer)
    rows = list(answer) if isinstance(answer, Iterator) else _dense(answer)
    if isinstance(rows, list | tuple) and rows and all(isinstance(row, sympy.MatrixBase) for row in rows):
        return sympy.Matrix.vstack(*map(sympy.Matrix, rows))
    entries = as_array("answer", rows) if hasattr(rows, "detach") else np.array(rows, dtype=object)
    if entries.ndim not in (1, 2):
        raise ValueError(f"It has {entries.ndim} axes.")
    for entry in entries.flat:
        if isinstance(entry, str | bytes):
            raise ValueError(f"The entry {entry!r} is a text: give numbers and symbols.")
        if not isinstance(entry, Number | sympy.Expr):
            raise ValueError(f"The entry {entry!r} is neither a number nor a symbol.")
    return sympy.Matrix(entries.tolist())


def _same_matrix(a: sympy.Matrix, b: sympy.Matrix) -> bool:
    return a.shape == b.shape and not (a - b).expand().values()


def _wrong_shape(
    given: Place, expected: Place, row_name: Callable[[int], str], column_name: Callable[[int], str]
) -> str:
    rows, columns = expected
    return (
        f"Your matrix is {given[0]} x {given[1]}, expected {rows} x {columns}: a row for each output, "
        f"{row_name(0)} to {row_name(rows - 1)}, and a column for each input, {column_name(0)} to "
        f"{column_name(columns - 1)}."
    )


def _counter_example(given: sympy.Expr, expected: sympy.Expr, output: str, column: str) -> str:
    """An input and, if there are symbols, numbers for them, for which the two entries differ."""
    symbols = sorted(given.free_symbols | expected.free_symbols, key=str)
    # Distinct primes: expressions of the sizes met here that differ as expressions differ at one of these points.
    for shift in range(8):
        numbers = dict(zip(symbols, [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31][shift:], strict=False))
        if given.subs(numbers) != expected.subs(numbers):
            break
    weights = "".join(f"{_plain(symbol)} = {number}, " for symbol, number in numbers.items())
    return (
        f"Counter-example: let {weights}{column} = 1 and every other input be 0.\nYour matrix gives "
        f"{output} = {_plain(given.subs(numbers))}, but it should be {_plain(expected.subs(numbers))}."
    )


def _plain(value: Any) -> str:
    """Text of a value as the problems write it: w(0,1) for the symbol w_{0,1}, [1/2, 3] for a list or an array."""
    with contextlib.suppress(NotImplementedError):  # a tensor without values
        value = value.tolist() if hasattr(value, "tolist") else value
    if type(value) in (list, tuple):
        inner = ", ".join(repr(part) if isinstance(part, str) else _plain(part) for part in value)
        return f"[{inner}]" if type(value) is list else f"({inner}{',' * (len(value) == 1)})"
    return re.sub(r"_\{([\d,]+)\}", r"(\1)", str(value))
