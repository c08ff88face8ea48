"""Formulas typed by a user: the values of plain Python, and nothing but one sentence for all that is no formula."""

from __future__ import annotations

import ast
import builtins
import math
import string
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talweg import InputError
from talweg.problems.surfaces.surface import formula

POINTS = np.array([[0.7, -1.3], [2.1, 0.4], [-0.9, 3.2]])

#: formula -> the same in Python
SAME = {
    "(x**2 + y - 11)**2 + (x + y**2 - 7)**2": lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2,
    "-x^2 + 2^3^2*y": lambda x, y: -(x**2) + 2 ** (3**2) * y,
    "x/2/y - -x": lambda x, y: x / 2 / y - -x,
    "+x - y**-2": lambda x, y: x - y**-2,
    "sin(x)*cos(y) + tan(x/9)": lambda x, y: math.sin(x) * math.cos(y) + math.tan(x / 9),
    "exp(-x) + log(abs(y)) + sqrt(x*x)": lambda x, y: math.exp(-x) + math.log(abs(y)) + math.sqrt(x * x),
    "tanh(x) + sinh(y) + cosh(y) + arctan(x) + atan(y)": lambda x, y: (
        math.tanh(x) + math.sinh(y) + math.cosh(y) + math.atan(x) + math.atan(y)
    ),
    "max(x, y, 0.5) - min(x, y)": lambda x, y: max(x, y, 0.5) - min(x, y),
    "sign(x) * 1e-2 + 3.5e+1*y + .5": lambda x, y: math.copysign(1, x) * 1e-2 + 3.5e1 * y + 0.5,
    "2*pi*x + e*y": lambda x, y: 2 * math.pi * x + math.e * y,
    "abs(x)**1.5 + abs(x)**y": lambda x, y: abs(x) ** 1.5 + abs(x) ** y,
    "x²·y³ − π×x": lambda x, y: x**2 * y**3 - math.pi * x,
    "  log10(100) * x + log2(8)*y + ln(e)": lambda x, y: 2 * x + 3 * y + 1,
    "asin(x/9) + arccos(y/9)": lambda x, y: math.asin(x / 9) + math.acos(y / 9),
    "x + 0*y + 9**9": lambda x, y: x + 9**9,
}


@pytest.mark.parametrize("text", SAME)
@pytest.mark.usefixtures("double")
def test_a_formula_has_the_values_of_the_same_python(text):
    read = formula.parse(text)
    expected = [SAME[text](*point) for point in POINTS.tolist()]
    np.testing.assert_allclose(read.values(POINTS), expected, rtol=1e-13)
    np.testing.assert_allclose([read(jnp.asarray(point)) for point in POINTS], expected, rtol=1e-13)


def test_powers_have_all_their_derivatives_at_zero_and_below():
    read = formula.parse("x**2 + y**3")
    np.testing.assert_allclose(jax.hessian(read)(jnp.zeros(2)), [[2, 0], [0, 0]])
    np.testing.assert_allclose(jax.grad(read)(jnp.array([-2.0, -1.0])), [-4, 3])


def test_numbered_variables_are_as_many_as_the_highest_says():
    read = formula.parse("x1**2 + x4")
    assert read.variables == ("x1", "x2", "x3", "x4")
    assert len(read.start) == 4
    assert formula.parse("x1").variables == ("x1", "x2")
    assert formula.parse("x").variables == ("x", "y")


def test_domain_and_start_are_read():
    assert formula.parse("x + y").domain == ((-5.0, 5.0), (-5.0, 5.0))
    assert formula.parse("x*y on -3..3").domain == ((-3.0, 3.0), (-3.0, 3.0))
    assert formula.parse("x*y on -3..3, 0.5..2.5 from 1, 2").domain == ((-3.0, 3.0), (0.5, 2.5))
    assert formula.parse("x*y on -3..3 from 1, -2e-1").start == (1.0, -0.2)


@pytest.mark.parametrize("text", ["log(x) + log(y)", "log(x-4)", "sqrt(4 - x - y)", "1/(x-3.5) + y", "max(x, 0) + max(-3, y)", "x**y"])
def test_a_start_is_chosen_where_the_formula_is_finite(text):
    read = formula.parse(text)
    assert np.isfinite(read.values(np.array(read.start)))
    assert all(low <= at <= high for at, (low, high) in zip(read.start, read.domain, strict=True))
    nearby = np.array(read.start) + 1e-3 * np.vstack([np.eye(2), -np.eye(2)])
    assert (read.values(nearby) != read.values(np.array(read.start))).any()


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("x**2 + z", 8, "unknown name 'z'"),
        ("x + sinn(y)", 5, "did you mean sin?"),
        ("x + π*q", 7, "unknown name 'q'"),
        ("x^2 + w", 7, "unknown name 'w'"),
        ("  x + w", 7, "unknown name 'w'"),
        ("2x", 1, "write 2\\*x"),
        ("x(2)", 1, "x is no function"),
        ("sin + x", 1, "sin is a function"),
        ("sin(x, y)", 1, "takes one argument, got 2"),
        ("max(x)", 1, "takes two or more arguments, got 1"),
        ("sin(*x)", 5, "Starred"),
        ("x.real", 1, "dot after a name"),
        ("x.__class__", 1, "dot after a name"),
        ("x, y", 1, "comma too many"),
        ("x if y else 1", 1, "IfExp"),
        ("x and y", 1, "BoolOp"),
        ("not x", 1, "UnaryOp"),
        ("x in y", 1, "Compare"),
        ("x // 2", 1, "BinOp"),
        ("True + x", 1, "True is no real number"),
        ("x + None", 5, "None is no real number"),
        ("2j*x", 1, "2j is no real number"),
        ("x + __import__", 5, "unknown name"),
        ("__import__(x)", 1, "is no function"),
        ("open(x)", 1, "is no function"),
        ("x + (lambda: 1)", 12, "unexpected ':'"),
        ("[x for x in y]", 1, "unexpected '\\['"),
        ("x + 'a'", 5, 'unexpected "\'"'),
        ("x; y", 2, "unexpected ';'"),
        ("x == 1", 3, "unexpected '='"),
        ("x\n+y", 2, "unexpected '\\\\n'"),
        ("x # y", 3, "unexpected '#'"),
        ("x + ü", 5, "unexpected 'ü'"),
        ("\x00x", 1, "unexpected"),
        ("\ud800x", 1, "unexpected"),
        ("x + ", 4, "this is no formula"),
        ("(x + y", 1, "this is no formula"),
        ("x ** ** y", 6, "this is no formula"),
        ("9**9**9**9*x", 1, "a constant that is inf"),
        ("x + 1/0", 5, "a constant that is inf"),
        ("x + log(0)", 5, "a constant that is -inf"),
        ("x + log(-1)", 5, "a constant that is nan"),
        ("x + 1e999", 5, "a number beyond 1e\\+30"),
        ("x + " + "9" * 400, 5, "a number beyond"),
        ("x1 + y", 6, "either x and y, or x1"),
        ("x0 + x1", 1, "unknown name 'x0'"),
        ("x101 + x1", 1, "at most 100 variables"),
        ("1 + 2", 1, "at least one variable"),
        ("-" * 100 + "x", 61, "more than 60"),
        ("(" * 240 + "x" + ")" * 240, 1, "no formula"),
    ],
)
def test_a_mistake_is_pointed_at(text, place, words):
    with pytest.raises(InputError, match=words) as caught:
        formula.parse(text)
    assert "\n" not in str(caught.value)
    if "(" * 200 not in text:
        assert f"at character {place} of" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a formula is missing"),
        ("   ", "a formula is missing"),
        ("x" + " + x" * 200, "may have 500 characters"),
        ("x on 3..1", "lowest..highest"),
        ("x on 3", "lowest..highest"),
        ("x on a..b", "lowest..highest"),
        ("x on nan..1", "lowest..highest"),
        ("x on -inf..1", "lowest..highest"),
        ("x on 1..2, 1..2, 1..2", "one range for all 2 variables"),
        ("x from 1", "2 numbers"),
        ("x from 1, a", "2 numbers"),
        ("log(x) from -1, 0", "not finite at the start"),
        ("log(x - 100)", "give a domain where it is"),
        ("sqrt(-1 - x**2)", "not finite"),
    ],
)
def test_a_wrong_domain_or_start_is_one_sentence(text, words):
    with pytest.raises(InputError, match=words):
        formula.parse(text)


def test_parentheses_alone_are_no_depth():
    assert formula.parse("(" * 100 + "x" + ")" * 100).values(np.array([2.0, 0.0])) == 2


def test_nothing_takes_long():
    began = time.perf_counter()
    for text in (
        "9**9**9**9",
        "9**9**9**9*x",
        "x**9**9**9",
        "x" + "**x" * 150,
        "(" * 200 + "x" + ")" * 200,
        "-" * 480 + "x",
        "x" + "+x" * 240,
    ):
        try:
            formula.parse(text)
        except InputError:
            continue
    assert time.perf_counter() - began < 5


@pytest.mark.parametrize(
    "text",
    ["x**2+y**2", "2*x/y", "x/y", "sin(x)", "x**2+z", "(x+y", "foo(x)+1", "x-y", "x", "1e-3*x", "x1*x2 on 0..1", "x²", "z**2", "sin(z)"],
)
def test_what_looks_like_a_formula_is_one(text):
    assert formula.is_formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "rosenbrock",
        "six-hump-camel",
        "data/table",
        "my-data",
        "../x(1)",
        "folder/file (copy)",
        "",
        "exp",
        "digits",
        "/x",
        "table(1)",
        "a/b-c",
    ],
)
def test_what_looks_like_a_name_or_a_path_is_none(text):
    assert not formula.is_formula(text)


# ---- whatever is typed ----------------------------------------------------------------------------------------------------------

NASTY = (
    "x y x1 x2 z sin max pi e 1 2.5 9**9 ( ) + - * / ** ^ , . on from : = := [ ] { } ' @ ~ < % // \\ # ; 1j 0x1f 1_0 1e999 ... é π ² "
    "__import__ open eval lambda for in if else not and is await yield None True f'{x}'"
)
WORDS = st.sampled_from([*NASTY.split(), " ", "\n", '"'])


def read_or_refused(text: str) -> tuple[formula.Formula | None, str]:
    try:
        return formula.parse(text), ""
    except InputError as error:
        return None, str(error)


@settings(max_examples=400)
@given(st.one_of(st.text(max_size=60), st.text(string.printable, max_size=60), st.lists(WORDS, max_size=25).map("".join)))
def test_whatever_is_typed_there_is_a_formula_or_one_sentence(text):
    read, sentence = read_or_refused(text)
    if read is None:
        assert "\n" not in sentence
        return
    allowed = (ast.Constant, ast.Name, ast.Load, ast.BinOp, ast.UnaryOp, ast.Call, ast.operator, ast.unaryop)
    for node in ast.walk(read.tree):
        assert isinstance(node, allowed)
        if isinstance(node, ast.Call):
            assert node.func.id in formula.FUNCTIONS
        elif isinstance(node, ast.Name):
            assert node.id in {*formula.FUNCTIONS, *formula.CONSTANTS, *read.variables}
    assert np.isfinite(read.values(np.array(read.start)))


@settings(max_examples=100)
@given(st.lists(WORDS, max_size=20).map("".join))
def test_no_text_reaches_pythons_own_evaluation(text):
    def never(*_, **__):
        raise AssertionError("Python was asked to evaluate")

    kept = {name: getattr(builtins, name) for name in ("eval", "exec", "open", "__import__")}
    try:
        for name in ("eval", "exec", "open"):
            setattr(builtins, name, never)
        formula.parse(text)
    except InputError:
        pass
    finally:
        for name, function in kept.items():
            setattr(builtins, name, function)


LEAVES = st.sampled_from(["x", "y", "2", "0.5", "pi", "3"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*"), inner),
        st.builds("{}({})".format, st.sampled_from(["sin", "cos", "tanh", "abs"]), inner),
        st.builds("-{}".format, inner),
        st.builds("{}**2".format, LEAVES),
        st.builds("min({}, {})".format, inner, inner),
    ),
    max_leaves=12,
)
PLAIN = {"sin": math.sin, "cos": math.cos, "tanh": math.tanh, "abs": abs, "min": min, "pi": math.pi}


@settings(max_examples=150)
@given(TREES)
def test_formulas_made_by_chance_have_the_values_of_plain_python(text):
    text = f"x + {text}"
    read = formula.parse(text)
    with np.errstate(all="ignore"):
        for x, y in POINTS.tolist():
            expected = eval(text, {"__builtins__": {}}, {**PLAIN, "x": x, "y": y})  # the second opinion: our own text, not a user's
            np.testing.assert_allclose(read.values(np.array([x, y])), expected, rtol=1e-10, atol=1e-10)
