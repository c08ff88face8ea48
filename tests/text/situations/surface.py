"""What became of runs on a surface: with one start and with several, with and without a lowest value."""

from __future__ import annotations

import math
import runpy
from collections.abc import Iterator
from pathlib import Path

from talweg.figures.surface.grid import Grid
from talweg.figures.surface.outcomes import Goal, Outcome
from talweg.figures.surface.trajectories import SingleTrajectory
from talweg.text import surface

MADE = runpy.run_path(str(Path(__file__).parents[1] / "test_surface.py"))
groups, trajectory, ARRIVING, SHORT, DIVERGING, STUCK, ENDLESS, GROUND, SIDE, POINTS = (
    MADE[name] for name in ("groups", "trajectory", "ARRIVING", "SHORT", "DIVERGING", "STUCK", "ENDLESS", "GROUND", "SIDE", "POINTS")
)
zigzag, crawl = MADE["zigzag"], MADE["crawl"]
TYPED = Grid(SIDE, SIDE, GROUND.z, POINTS, "typed", None)
GONE = trajectory([10.0, 40.0, 60.0], at=[(1, 1), (5, 1), (7, 1)], name="lion")
BACK = trajectory([10.0, 0.0005, 2.0], at=[(9, 1), (1, 1), (1, 1)], name="nesterov", learning_rate=None)
FALLING, SLOW = trajectory([2.0, -5.0, -20.0, -90.0]), trajectory([2.0, 1.0, -17.0, -18.0], name="sgd")
TILTED = Grid(SIDE, SIDE, ENDLESS.z, [((1.0, 1.0), 0.0, "saddle", False)], "saddle")


def of(*descents: SingleTrajectory, grid: Grid = GROUND) -> list[str]:
    """The headline, the legend, the sentences."""
    made: list[list[Outcome]] = groups(*descents, grid=grid)
    return [surface.headline("two wells", made), *(f"- {surface.legend(group)}" for group in made), *surface.sentences(made)]


def several(*ends: float, name: str = "adam") -> list[SingleTrajectory]:
    """A method from several starts, each with its final loss; at 1 it is stuck."""
    stuck = [(3, 3), (2, 0), (2, 0)]
    return [trajectory([10.0, end, end], at=stuck if end == 1 else None, name=name, start=k) for k, end in enumerate(ends)]


def situations() -> Iterator[tuple[str, str | list[str]]]:
    yield "one arrives, one gets stuck, one is slow, one diverges", of(DIVERGING, SHORT, STUCK, ARRIVING)
    yield "a single method arrives", of(ARRIVING)
    yield "all arrive", of(ARRIVING, trajectory([10.0, 1.0, 0.5, 0.0001], name="sgd"))
    yield "no method arrives", of(SHORT, STUCK)
    yield "a single method does not arrive", of(SHORT)
    yield "a single method diverges", of(DIVERGING)
    yield "all diverge", of(DIVERGING, trajectory([10.0, math.nan, math.nan, math.nan], name="sgd"))
    yield "leaving the plot, leaving the goal again", of(GONE, BACK)
    yield "a lowest value that is not proven", of(ARRIVING, grid=TYPED)
    yield "overshooting", of(*(trajectory([10.0, 1.0, 3.0 + k, 0.5], name=f"method {k}") for k in range(4)))
    yield "from wall to wall", of(zigzag())
    yield "crawling", of(crawl())
    yield "from wall to wall and crawling", of(zigzag(), crawl(), ARRIVING)
    yield "from wall to wall and crawling, several starts", of(zigzag(), crawl("sgd", start=1), zigzag("adam"))
    yield "no lowest value", of(FALLING, SLOW, grid=ENDLESS)
    yield "no lowest value, at a saddle point", of(trajectory([2.0, 0.0, 0.0]), grid=TILTED)
    yield "several starts", of(*several(0.0, 0.0, 0.0, 5.0, 1.0, math.nan), *several(0.0, 5.0, 5.0, 5.0, 1.0, 1.0, name="sgd"))
    yield "several starts, of which none arrives", of(*several(5.0, 5.0, 1.0), *several(math.nan, math.nan, 5.0, name="sgd"))
    yield "several starts, no lowest value", of(*several(5.0, -20.0, -30.0), grid=ENDLESS)
    yield "no descents", [surface.headline("two wells", []), *surface.sentences([])]
    for title, descents in (("one start", [STUCK, ARRIVING, DIVERGING, BACK]), ("several starts", several(0.0, 0.0, 5.0))):
        rows = [surface.cells(group) for group in groups(*descents)]
        yield f"the table, {title}", [" | ".join(rows[0]), *(" | ".join(filter(None, sum(row.values(), ()))) for row in rows)]
    yield "the playground", [surface.commented("Adam", groups(one)[0][0], has_lowest=True) for one in (DIVERGING, SHORT, GONE)]
    notes = [surface.noise_note(0.5, full_batch=True), surface.noise_note(0.5, full_batch=False), surface.DIMENSIONS_NOTE.format(4)]
    notes.append(surface.RATE_NOTE.format(0.16))
    yield "how to read it", surface.reading(groups(STUCK), notes, log=True, known=True, outside=1)
    tuned = [trajectory([10.0, 1.0], name=name, tuned=True) for name in ("adam", "sgd")]
    yield "how to read it, all tuned", surface.reading(groups(*tuned), [], log=True, known=False, outside=3)
    yield "critical points", [surface.unmarked({"minimum": 61, "saddle": 100, "maximum": 0}), surface.unmarked({})]
    yield "arriving", [surface.arrival_note(Goal(0.0, 0.001)), surface.arrival_note(Goal(0.0, None)), surface.EMPTY]
    yield (
        "titles",
        [
            *(surface.height_title(kind, base) for kind, base in (("linear", 0.0), ("log", 0.0), ("log", -39.17))),
            surface.height_title("log", 0.01234, "training loss"),
            *(surface.loss_title(goal) for goal in (Goal(0.0, None), Goal(0.0, 0.001), Goal(-39.17, 0.001))),
            *(
                surface.CONTOUR_ALT.format("Himmelblau"),
                surface.SURFACE_3D_ALT.format("Himmelblau"),
                surface.LOSS_CAPTION,
            ),
        ],
    )
    yield (
        "the pointer",
        [
            *(surface.step_hover("Adam", 12, loss) for loss in (0.25, None)),
            surface.point_hover("best", (3.0, 2.0, 1.0, 0.0, 5.0), 0.0),
            surface.surface_hover(("x", "y")),
        ],
    )
