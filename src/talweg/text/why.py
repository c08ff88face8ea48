"""Why a contestant is not first: one short sentence for each reason."""

from __future__ import annotations

from talweg.text.format import batch_size, epochs, figures, setting, share
from talweg.text.format import times as fold


def budget() -> str:
    """It had not finished."""
    return "It still improved when the budget ended."


def overfits(passes: float) -> str:
    """Its validation loss rises after so many passes over the training data."""
    return f"It overfits after {epochs(passes)}."


def diverges(part: float, rate: float | None) -> str:
    """Some of its final seeds fail."""
    return f"It diverges on {share(part)} of the seeds{'' if rate is None else f' at learning rate {setting(rate)}'}."


def stalls(times: float) -> str:
    """Its steps become too small."""
    return f"It stalls: its effective learning rate falls {figures(times, 2)}-fold."


def noise_floor(batch: int | str) -> str:
    """The noise of its gradients keeps it above the others."""
    return f"It stays at the noise floor of batches of {batch_size(batch)}."


def tuning() -> str:
    """The best of its settings is better than what the search could find reliably."""
    return "It needs more tuning than it was given."


def tied(*, alike: bool, times: float | None) -> str:
    """Not told apart from the first in loss, though its mean may be higher by more than the margin; and how many times as long it takes."""
    if times is None:
        return "It is as good as the first." if alike else "The difference is not significant."
    return f"{'It is as good, but' if alike else 'The difference is not significant, but it'} takes {fold(times)} as long."


def worse() -> str:
    """It is worse."""
    return "It is worse; no single reason stands out."
