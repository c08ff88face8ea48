"""How a step is chosen. The catalogue is the contract: a method is in `CATALOGUE` or does not exist, and a wrapper in `WRAPPERS`.

What a file of this package defines is in the catalogue by itself, and has its name here; those below are also known to type checkers.
"""

from __future__ import annotations

from talweg.methods.adafactor import Adafactor
from talweg.methods.adagrad import AdaDelta, Adagrad, AdagradInside
from talweg.methods.adam import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from talweg.methods.adam_variants import AdamaxOutside, AdamHat, AMSGradCorrected, AMSGradHat, NAdamConstant, RAdamCorrected
from talweg.methods.averaging import AveragedSGD, ScheduleFree, ScheduleFreeAdamW
from talweg.methods.base import Arraywise, Elementwise, Method
from talweg.methods.belief import AdaBelief, Adan, Yogi
from talweg.methods.catalogue import CATALOGUE, VARIANTS, WRAPPERS, catalogued, factory_named
from talweg.methods.descent import DampenedMomentum, GradientDescent, Momentum, Nesterov, NesterovShifted
from talweg.methods.factories import MethodFactory, Wrapped, factory_of
from talweg.methods.lion import Lion
from talweg.methods.matrices import SOAP, Muon
from talweg.methods.prodigy import Prodigy
from talweg.methods.rmsprop import RMSprop, RMSpropCentered, RMSpropCenteredInside, RMSpropCenteredMomentum, RMSpropInside, RMSpropMomentum
from talweg.methods.sign import Rprop, SignSGD, Signum
from talweg.methods.space import Range
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

globals().update((cls.__name__, cls) for cls in (*CATALOGUE.values(), *WRAPPERS.values()))
