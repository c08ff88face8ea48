"""How a step is chosen. The catalogue is the contract: a method is in `CATALOGUE` or does not exist."""

from __future__ import annotations

from talweg.methods.adadelta import AdaDelta
from talweg.methods.adagrad import Adagrad
from talweg.methods.adam import Adam, Adamax, AdamW, AMSGrad, NAdam, RAdam
from talweg.methods.base import Elementwise, Method
from talweg.methods.descent import GradientDescent
from talweg.methods.lion import Lion
from talweg.methods.momentum import Momentum, Nesterov, NesterovShifted
from talweg.methods.rmsprop import RMSprop
from talweg.methods.space import Range

CATALOGUE: dict[str, type[Method]] = {
    cls.name: cls
    for cls in (
        *(GradientDescent, Momentum, Nesterov, NesterovShifted, Adagrad, AdaDelta, RMSprop),
        *(Adam, AdamW, AMSGrad, Adamax, NAdam, RAdam, Lion),
    )
}

__all__ = [
    "CATALOGUE",
    "AMSGrad",
    "AdaDelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Elementwise",
    "GradientDescent",
    "Lion",
    "Method",
    "Momentum",
    "NAdam",
    "Nesterov",
    "NesterovShifted",
    "RAdam",
    "RMSprop",
    "Range",
]
