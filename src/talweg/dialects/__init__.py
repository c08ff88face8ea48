"""The methods as other libraries have them: by their names, with their defaults, in their formula.

>>> tw.dialects.keras.Adam(1e-3, epsilon=1e-7)  # a line from elsewhere is pasted, and takes the same steps
AdamHat(learning_rate=0.001, b1=0.9, b2=0.999, eps=1e-07)
>>> print(tw.dialects.convert(tw.methods.Momentum(0.1), to="keras"))
keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
"""

from __future__ import annotations

from talweg.dialects import caffe, keras, lasagne, optax, sklearn, tensorflow1, tensorflow2, torch
from talweg.dialects.convert import CODE, LIBRARIES, code, convert
from talweg.dialects.spelling import Spelling

__all__ = [
    "CODE",
    "LIBRARIES",
    "Spelling",
    "caffe",
    "code",
    "convert",
    "keras",
    "lasagne",
    "optax",
    "sklearn",
    "tensorflow1",
    "tensorflow2",
    "torch",
]
