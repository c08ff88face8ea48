"""A function of a few variables typed by a user: read by Python's `ast`, checked node by node, computed with JAX. Nothing is evaluated.

    formula   = expression ["on" range {"," range}] ["from" number {"," number}]
    range     = lowest ".." highest

An expression has the variables x and y, or x1, x2, …; numbers, pi and e; + - * / and ** or ^ for powers, with Python's precedence;
parentheses, and the functions of FUNCTIONS. All numbers are floats.
"""

from __future__ import annotations

import ast
import difflib
import functools
import math
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NoReturn

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Scalar

from talweg.checks import InputError

#: what may be called: the name in NumPy and JAX, and the number of arguments (None: two or more)
FUNCTIONS: dict[str, tuple[str, int | None]] = {
    **{name: (name, 1) for name in ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")},
    **{name: (name, 1) for name in ("exp", "log", "log2", "log10", "sqrt", "abs", "sign")},
    **{"asin": ("arcsin", 1), "acos": ("arccos", 1), "atan": ("arctan", 1), "ln": ("log", 1)},
    **{"min": ("minimum", None), "max": ("maximum", None)},
}
CONSTANTS = {"pi": math.pi, "e": math.e}
ALPHABET = re.compile(r"[A-Za-z0-9_ .+\-*/(),]")
SPELLED = {"^": "**", "π": "pi", "−": "-", "·": "*", "×": "*", "²": "**2", "³": "**3", "\t": " "}
NUMBERED = re.compile(r"x([1-9]\d{0,2})")
OPERATORS: dict[type[ast.AST], str] = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide", ast.Pow: "power"}

LONGEST = 500  #: characters
DEEPEST = 60  #: expressions in each other
MOST_VARIABLES = 100
LARGEST = 1e30  #: of a constant: float32, in which descents are computed, ends at 3e38
WHOLE_POWER = 64  # up to here a whole number as a power is a product: defined, with its derivatives, for negative numbers, too
USUAL = (-5.0, 5.0)  #: the domain where none is given
PLACES = (0.85, 0.75, 0.65, 0.95, 0.55)  # shares of the domain where a start is tried

HELP = "write a formula such as x**2 + 10*y**2 on -3..3, -2..2"


@dataclass(frozen=True, eq=False)
class Formula:
    """A checked formula: `formula(v)` is its value at a vector, traced by JAX; `values(points)` the same in NumPy's float64."""

    text: str  #: the expression as typed, without domain and start
    tree: ast.expr
    variables: tuple[str, ...]
    domain: tuple[tuple[float, float], ...]
    start: tuple[float, ...]

    def __call__(self, v: Float[Array, " d"]) -> Scalar:
        """The value at a vector."""
        return jnp.asarray(_value(self.tree, {name: v[i] for i, name in enumerate(self.variables)}, jnp), v.dtype)

    def values(self, points: Float[np.ndarray, "*n d"]) -> Float[np.ndarray, "*n"]:
        """The values at many points; NaN or infinite where there is none."""
        with np.errstate(all="ignore"):
            columns = {name: np.asarray(points[..., i], float) for i, name in enumerate(self.variables)}
            return np.asarray(_value(self.tree, columns, np), float)


def parse(text: str) -> Formula:
    """Read a formula, with its domain and start if it has them.

    Raises InputError, which points at the character, for all that is no formula or not finite at its start; never anything else.
    """
    if len(text) > LONGEST:
        raise InputError(f"surface: a formula may have {LONGEST} characters, got {len(text)}; shorten it")
    body, start_text = _divided(text, "from")
    body, domain_text = _divided(body, "on")
    reader = _Reader(body)
    tree = reader.tree()
    variables = _variables(reader.used)
    formula = Formula(body.strip(), tree, variables, _domain(domain_text, len(variables)), ())
    return replace(formula, start=_start(formula, start_text))


def is_formula(text: str) -> bool:
    """Whether a text looks like a formula and not like a name or a path: it has a variable and an operator or function, known or not."""
    body = _divided(_divided(text.partition(":")[0], "from")[0], "on")[0].strip()
    if body.startswith(("/", "./", "~")) or "../" in body or "\\" in body:
        return False
    body = "".join(SPELLED.get(character, character) for character in body)
    words = re.findall(r"[^\W\d]\w*", re.sub(r"(?<![\w.])\d+\.?\d*[eE][-+]?\d+", "0", body))
    has_variable = any(word in ("x", "y") or NUMBERED.fullmatch(word) for word in words)
    if has_variable and all(word in (*FUNCTIONS, *CONSTANTS, "x", "y") or NUMBERED.fullmatch(word) for word in words):
        return True
    if has_variable:
        return bool(re.search(r"[*^()+]", body))
    called = any(f"{word}(" in body for word in FUNCTIONS)
    return bool(words) and "/" not in body and (called or bool(re.search(r"[*^]", body)))


class _Reader:
    """One expression on its way from text to a checked tree."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.used: set[str] = set()
        self.spelled = ""
        self.place: list[int] = []  # of each spelled character in the text as typed
        for i, character in enumerate(text):
            words = SPELLED.get(character, character)
            if words == character and not ALPHABET.fullmatch(character):
                self.refuse(i, f"unexpected {character!r}")
            self.spelled += words
            self.place += [i] * len(words)

    def refuse(self, where: int | ast.AST, why: str) -> NoReturn:
        """One sentence that points at a character, or at where a node begins."""
        place = where if isinstance(where, int) else self._typed(getattr(where, "col_offset", 0))
        shown = self.text if len(self.text) <= 60 else f"{self.text[:57]}..."
        raise InputError(f"surface: {why} at character {place + 1} of {shown!r}; {HELP}")

    def _typed(self, column: int) -> int:
        column += len(self.spelled) - len(self.spelled.lstrip())
        return self.place[min(max(column, 0), len(self.place) - 1)]

    def tree(self) -> ast.expr:
        if not self.spelled.strip():
            raise InputError(f"surface: a formula is missing; {HELP}")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                tree = ast.parse(self.spelled.strip(), mode="eval").body
        except SyntaxError as error:
            product = "write 2*x, not 2x: " if re.search(r"\d[A-Za-z_(]|\)[\w(]", self.spelled) else ""
            offset = error.offset or len(self.spelled) + 1  # 0: the text ended too soon
            self.refuse(self._typed(offset - 1), f"{product}this is no formula")
        except (ValueError, MemoryError, RecursionError, OverflowError):
            self.refuse(0, "this is no formula that can be read")
        self.check(tree, 1)
        if not self.used:
            self.refuse(0, "a formula must have at least one variable (x, y, or x1, x2, …), none was found")
        _fold(tree, self)
        return tree

    def check(self, node: ast.AST, depth: int) -> None:
        """Let a node pass if it is one of the few that a formula is made of, and all that is in it, too."""
        if depth > DEEPEST:
            self.refuse(node, f"more than {DEEPEST} expressions in each other")
        if isinstance(node, ast.Constant):
            number = node.value
            if isinstance(number, bool) or not isinstance(number, (int, float)):
                self.refuse(node, f"{number!r} is no real number")
            if not abs(number) <= LARGEST:
                self.refuse(node, f"a number beyond {LARGEST:g}")
        elif isinstance(node, ast.Name):
            self._name(node)
        elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            self.check(node.left, depth + 1)
            self.check(node.right, depth + 1)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.UAdd, ast.USub)):
            self.check(node.operand, depth + 1)
        elif isinstance(node, ast.Call):
            self._call(node)
            for argument in node.args:
                self.check(argument, depth + 1)
        else:
            kinds = {ast.Tuple: "this has a comma too many", ast.Attribute: "this has a dot after a name"}
            what = kinds.get(type(node), f"this is of another kind ({type(node).__name__})")
            self.refuse(node, f"a formula has numbers, variables, + - * / ** and functions, but {what}")

    def _name(self, node: ast.Name) -> None:
        word = node.id
        if word in FUNCTIONS:
            self.refuse(node, f"{word} is a function and needs parentheses, as in {word}(x),")
        if word in CONSTANTS:
            return
        numbered = NUMBERED.fullmatch(word)
        if word not in ("x", "y") and not numbered:
            near = difflib.get_close_matches(word, [*FUNCTIONS, *CONSTANTS], n=1, cutoff=0.6)
            known = f"; {near[0]} is known" if near else ""
            self.refuse(node, f"unknown name {word!r} (the variables are x and y, or x1, x2, …{known})")
        if numbered and int(numbered[1]) > MOST_VARIABLES:
            self.refuse(node, f"at most {MOST_VARIABLES} variables, got {word}")
        if self.used and (word in ("x", "y")) != bool(self.used & {"x", "y"}):
            self.refuse(node, "either x and y, or x1, x2, …, not both,")
        self.used.add(word)

    def _call(self, node: ast.Call) -> None:
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS:
            word = node.func.id if isinstance(node.func, ast.Name) else "this"
            if word in ("x", "y", "this", *CONSTANTS) or NUMBERED.fullmatch(word):
                self.refuse(node, f"{word} is no function (a product needs a *)")
            near = difflib.get_close_matches(word, FUNCTIONS, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(FUNCTIONS)}; a product needs a *"
            self.refuse(node, f"{word!r} is no function ({hint})")
        wanted = FUNCTIONS[node.func.id][1]
        if node.keywords or (len(node.args) != wanted if wanted else len(node.args) < 2):
            takes = "two or more arguments" if wanted is None else "one argument"
            self.refuse(node, f"{node.func.id} takes {takes}, got {len(node.args)}")


def _fold(node: ast.AST, reader: _Reader) -> None:
    """Refuse constants, written or computed, that are not finite, such as 9**9**9**9 and 1/0."""
    for part in ast.walk(node):
        if isinstance(part, (ast.BinOp, ast.Call)) and not any(
            isinstance(name, ast.Name) and name.id not in CONSTANTS and name.id not in FUNCTIONS for name in ast.walk(part)
        ):
            value = _value(part, {}, np)
            if not abs(value) <= LARGEST:
                reader.refuse(part, f"a constant that is {value:g}")


def _value(node: ast.AST, variables: Mapping[str, Any], library: Any) -> Any:
    """The value of a checked tree. Constants stay plain floats, so that they take the type of what they meet."""
    again = functools.partial(_value, variables=variables, library=library)
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name):
            return variables[name] if name in variables else CONSTANTS[name]
        case ast.UnaryOp():
            return -again(node.operand) if isinstance(node.op, ast.USub) else again(node.operand)
        case ast.BinOp():
            return _applied(OPERATORS[type(node.op)], [again(node.left), again(node.right)], library)
        case ast.Call(func=ast.Name(id=name)):
            return _applied(FUNCTIONS[name][0], [again(argument) for argument in node.args], library)
    raise AssertionError(f"unreachable: {type(node).__name__} was refused when the formula was read")


def _applied(name: str, values: Sequence[Any], library: Any) -> Any:
    constant = all(isinstance(value, float) for value in values)
    if not constant and name == "power" and isinstance(values[1], float) and values[1].is_integer() and abs(values[1]) <= WHOLE_POWER:
        return values[0] ** int(values[1])
    function = getattr(np if constant else library, name)
    with np.errstate(all="ignore"):
        value = functools.reduce(function, values) if len(values) > 1 else function(values[0])
    return float(value) if constant else value


# ---- variables, domain and start ----------------------------------------------------------------------------------------------


def _variables(used: set[str]) -> tuple[str, ...]:
    """x and y always, so that there is a picture; x1 to the highest of the numbered ones, and at least x2."""
    if used & {"x", "y"}:
        return ("x", "y")
    return tuple(f"x{i + 1}" for i in range(max(2, *(int(name[1:]) for name in used))))


def _divided(text: str, word: str) -> tuple[str, str | None]:
    """What stands before the last ` word ` and after it."""
    before, separator, after = text.rpartition(f" {word} ")
    return (before, after) if separator else (text, None)


def _domain(text: str | None, dimensions: int) -> tuple[tuple[float, float], ...]:
    if text is None:
        return (USUAL,) * dimensions
    ranges = []
    for part in text.split(","):
        low, dots, high = part.partition("..")
        pair = (_number(low), _number(high))
        if not dots or pair[0] is None or pair[1] is None or not 1e-6 <= pair[1] - pair[0] <= 1e6:
            raise InputError(f"surface: after `on` a range must be two numbers, lowest..highest, such as -3..3, got {part.strip()!r}")
        ranges.append((pair[0], pair[1]))
    if len(ranges) not in (1, dimensions):
        raise InputError(f"surface: after `on` give one range for all {dimensions} variables or one for each, got {len(ranges)}")
    return tuple(ranges) * (dimensions if len(ranges) == 1 else 1)


def _start(formula: Formula, text: str | None) -> tuple[float, ...]:
    low, high = np.array(formula.domain).T
    if text is not None:
        numbers = [_number(part) for part in text.split(",")]
        start = tuple(number for number in numbers if number is not None)
        if len(start) != len(low) or len(start) != len(numbers):
            raise InputError(f"surface: after `from` the start must be {len(low)} numbers, such as 1, 2, got {text.strip()!r}")
        if not np.isfinite(formula.values(np.array(start))):
            raise InputError(f"surface: {formula.text!r} is not finite at the start {start}; give another start after `from`")
        return start
    shares = [np.resize([one, other], len(low)) for one in PLACES for other in (*PLACES[1:], 1 - one, 0.15)]
    places = low + np.array(shares) * (high - low)
    around = 1e-4 * (high - low)
    values = formula.values(places)
    moved = np.stack([formula.values(places + around * row) for row in np.vstack([np.eye(len(low)), -np.eye(len(low))])])
    fine = np.isfinite(values) & np.isfinite(moved).all(axis=0) & (np.abs(values) <= LARGEST)
    sloping = fine & (moved != values).any(axis=0)
    if not fine.any():
        raise InputError(
            f"surface: {formula.text!r} is not finite at {tuple(np.round(places[0], 6).tolist())} and elsewhere; "
            "give a domain where it is, such as `on 1..5, 1..5`, or a start, such as `from 1, 2`"
        )
    return tuple(np.round(places[int(np.argmax(sloping if sloping.any() else fine))], 6).tolist())


def _number(text: str) -> float | None:
    try:
        number = float(text.strip().replace("−", "-"))
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= 1e6 else None
