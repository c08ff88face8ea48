"""The looks: legible on light and dark, apart for people who see fewer colours, and the same everywhere."""

from __future__ import annotations

import itertools
import subprocess
import sys

import numpy as np
import pytest

from talweg.figures import palette
from talweg.methods import CATALOGUE

LIGHT, DARK = "#ffffff", "#14171c"
USUAL: list[tuple[str, int | str]] = [
    ("sgd", "full"),
    ("sgd", 1),
    ("sgd", 64),
    *((name, 64) for name in ("momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam")),
]

# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009, at full severity.
SIGHTS = {
    "usual": np.eye(3),
    "no red": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "no green": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "no blue": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


def light(colour: str) -> np.ndarray:
    """Linear red, green and blue."""
    c = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    low, high = sorted(float(light(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def oklab(colour: np.ndarray) -> np.ndarray:
    """Ottosson's uniform colour space, from linear light."""
    cone = np.array(
        [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]]
    )
    space = np.array(
        [
            [0.2104542553, 0.7936177850, -0.0040720468],
            [1.9779984951, -2.4285922050, 0.4505937099],
            [0.0259040371, 0.7827717662, -0.8086757660],
        ]
    )
    return space @ np.cbrt(np.clip(cone @ colour, 0, None))


def test_only_methods_of_the_catalogue_have_a_look_of_their_own() -> None:
    assert set(palette.LOOKS) <= set(CATALOGUE)


@pytest.mark.parametrize(
    "look", [*palette.LOOKS.values(), palette.FULL, palette.SINGLE, *map(palette.Look, palette.OTHERS), palette.Look(palette.QUIET)]
)
@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_a_colour_stands_out_from_light_and_dark_pages(look: palette.Look, page: str) -> None:
    assert contrast(look.colour, page) >= 3


@pytest.mark.parametrize("sight", SIGHTS)
def test_the_usual_contestants_are_apart_for_everybody(sight: str) -> None:
    looks = [palette.look(*entry) for entry in USUAL]
    for one, other in itertools.combinations(looks, 2):
        if one.dash == other.dash:
            apart = np.linalg.norm(oklab(SIGHTS[sight] @ light(one.colour)) - oklab(SIGHTS[sight] @ light(other.colour)))
            assert apart > 0.07, (one, other)


def test_no_two_methods_look_the_same() -> None:
    looks = [palette.look(name, 64) for name in palette.LOOKS]
    assert len(set(looks)) == len(looks)


def test_variants_of_gradient_descent_share_grey_and_differ_by_shade_and_dash() -> None:
    variants = [palette.look("sgd", batch) for batch in ("full", 1, 64)]
    assert len({v.colour for v in variants}) == len({v.dash for v in variants}) == 3
    for v in variants:
        assert max(light(v.colour)) - min(light(v.colour)) < 0.1


def test_an_unknown_method_always_gets_the_same_look_in_every_process() -> None:
    code = "from talweg.figures.palette import look; print(look('my-method', 64))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert printed == str(palette.look("my-method", 64))


def test_contestants_of_one_method_get_different_dashes() -> None:
    given = palette.looks([{"name": f"adam-{n}", "method": "adam", "batch": n} for n in (16, 32, 64)])
    assert len(set(given.values())) == 3
    assert {look.colour for look in given.values()} == {palette.look("adam", 64).colour}


def test_palette_and_words_load_neither_plotly_nor_jax() -> None:
    code = "import sys, talweg.figures.palette, talweg.text.format; print({'plotly', 'jax'} & set(sys.modules))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    # `import talweg` itself may load JAX; Plotly it may not.
    assert "plotly" not in printed
