"""One word for each idea, and it is the field's: words of talweg's own that were given up stand in no name and in no document."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
CODE = sorted(path for folder in ("src", "benchmarks", "examples", "tests") for path in (ROOT / folder).rglob("*.py"))
TEXT = [*CODE, *sorted((ROOT / "src").rglob("*.js")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
THE_LIST = (Path(__file__), ROOT / "tests" / "text" / "test_sentences.py")  # they name the words that they look for

#: Parts of names, and what stands in their place.
NAMES = {
    "yardstick": "baseline",
    "restless": "converged, not_converged",
    "trail": "trajectory",
    "walker": "trajectory",
    "relief": "surface grid",
    "mountain": "surface",
    "film": "animation",
    "paid": "gain_from_tuning",
    "learning": "from_arrays (learning_rate stays)",
}
#: Phrases of code, comments and documents, and what is said in their place.
PHRASES = {
    r"yardstick": "baseline",
    r"restless": "not converged",
    r"time alone": "time to target",
    r"tuning paid": "gain from tuning",
    r"unseen mass": "missing mass",
    r"basins in all": "Chao's estimate of richness",
    r"(come|comes|came) to rest": "converge",
    r"95 % of its way": "95 % of its initial gap",
    r"slope over noise": "signal-to-noise ratio of the gradient",
    r"nobody looks": "what is not done",
}


def parts(name: str) -> set[str]:
    """The words of a name: `final_lanes`, `FinalLanes`; `learning_rate` is one word."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("learning_rate", "rate")
    return set(plain.split("_"))


def names(path: Path) -> Iterator[tuple[str, int]]:
    """All names of a file with their lines."""
    with tokenize.open(path) as file:
        for token in tokenize.generate_tokens(file.readline):
            if token.type == tokenize.NAME:
                yield token.string, token.start[0]


def test_no_name_has_a_word_that_was_given_up() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{line}: {name}": NAMES[word]
        for path in CODE
        if "src" in path.parts
        for name, line in names(path)
        for word in parts(name) & set(NAMES)
    }
    assert found == {}


def test_no_file_of_the_source_is_named_by_a_word_that_was_given_up() -> None:
    assert {path.name: NAMES[word] for path in CODE for word in parts(path.stem) & set(NAMES)} == {}


def test_no_code_and_no_document_says_a_phrase_that_was_given_up() -> None:
    found = {}
    for path in set(TEXT) - set(THE_LIST):
        text = re.sub(r"\s+", " ", path.read_text("utf-8"))
        found |= {f"{path.relative_to(ROOT)}: {old}": new for old, new in PHRASES.items() if re.search(old, text, re.IGNORECASE)}
    assert found == {}


def test_the_words_of_a_name_are_found() -> None:
    assert parts("RestlessLanes") == {"restless", "lanes"}
    assert parts("best_learning_rate") == {"best", "rate"}
    assert parts("GAIN_PAID") == {"gain", "paid"}
