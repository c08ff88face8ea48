"""The catalogue of methods and of what can be wrapped around them."""

from __future__ import annotations

from talweg import checks
from talweg.methods.adadelta import AdaDelta
from talweg.methods.adafactor import Adafactor
from talweg.methods.adagrad import Adagrad, AdagradInside
from talweg.methods.adam import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from talweg.methods.adam_variants import AdamaxOutside, AdamHat, AMSGradCorrected, AMSGradHat, NAdamConstant, RAdamCorrected
from talweg.methods.averaging import AveragedSGD, ScheduleFree, ScheduleFreeAdamW
from talweg.methods.base import Method
from talweg.methods.belief import AdaBelief, Adan, Yogi
from talweg.methods.descent import GradientDescent
from talweg.methods.factories import MethodFactory, Wrapped
from talweg.methods.lion import Lion
from talweg.methods.momentum import DampenedMomentum, Momentum, Nesterov, NesterovShifted
from talweg.methods.muon import Muon
from talweg.methods.prodigy import Prodigy
from talweg.methods.rmsprop import (
    RMSprop,
    RMSpropCentered,
    RMSpropCenteredInside,
    RMSpropCenteredMomentum,
    RMSpropInside,
    RMSpropMomentum,
)
from talweg.methods.sign import Rprop, SignSGD, Signum
from talweg.methods.soap import SOAP
from talweg.methods.trust import LAMB, LARS
from talweg.methods.wrappers import (
    EMA,
    L2,
    SAM,
    Accumulate,
    ClipNorm,
    ClipValue,
    Lookahead,
    NesterovVelocity,
    Noisy,
    Velocity,
    WeightDecay,
    WeightNoise,
    Wrapper,
)

#: The same names for other formulas, as other libraries have them.
VARIANTS: dict[str, type[Method]] = {
    cls.name: cls
    for cls in (
        *(DampenedMomentum, AdagradInside, RMSpropInside, RMSpropMomentum),
        *(RMSpropCentered, RMSpropCenteredInside, RMSpropCenteredMomentum),
        *(AdamHat, AMSGradHat, AMSGradCorrected, AdamaxOutside, NAdamConstant, RAdamCorrected),
    )
}

CATALOGUE: dict[str, type[Method]] = {
    cls.name: cls
    for cls in (
        *(GradientDescent, Momentum, Nesterov, NesterovShifted, Adagrad, AdaDelta, RMSprop),
        *(Adam, AdamW, AMSGrad, Adamax, NAdam, RAdam, Lion),
        *(AdaBelief, Yogi, Adan, Rprop, SignSGD, Signum),
        *(AveragedSGD, ScheduleFree, ScheduleFreeAdamW),
        *(LARS, LAMB, Adafactor, Prodigy, Muon, SOAP),
    )
} | VARIANTS

WRAPPERS: dict[str, type[Wrapper]] = {
    cls.name: cls
    for cls in (
        *(ClipValue, ClipNorm, L2, WeightDecay, Noisy, WeightNoise, SAM),
        *(EMA, Lookahead, Accumulate, Velocity, NesterovVelocity),
    )
}


def factory_named(who: str, text: str) -> MethodFactory:
    """The kind `clip-norm+adam`: wrappers, the outermost first, and a method. Raises InputError that says what was probably meant."""
    *outer, word = (part.strip() for part in text.split("+"))
    kind: MethodFactory = CATALOGUE[checks.one_of(who, "method", word, CATALOGUE, _hint(word))]
    for wrapper in reversed(outer):
        kind = Wrapped(WRAPPERS[checks.one_of(who, "wrapper", wrapper, WRAPPERS)], kind)
    return kind


def catalogued(kind: MethodFactory) -> bool:
    """Whether a name alone says what a kind does."""
    return catalogued(kind.inner) and kind.outer in WRAPPERS.values() if isinstance(kind, Wrapped) else kind in CATALOGUE.values()


def _hint(word: str) -> str:
    return f"({word} is a wrapper and needs a method: {word}+adam)" if word in WRAPPERS else ""
