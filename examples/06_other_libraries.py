"""The same name, another formula; and the winner of a race as code for another library."""

import jax.numpy as jnp

import talweg as tw
from talweg import dialects, methods

tw.use_all_cores()

# 1. "Adam" is not one formula. The same numbers in four libraries, on a slope so gentle that epsilon matters:
print("1,000 steps of Adam, learning rate 0.01, epsilon 1e-3, on a gentle bowl, from 1.0")
for library, method in {
    "PyTorch": dialects.torch.Adam(0.01, eps=1e-3),
    "optax": dialects.optax.adam(0.01, eps=1e-3),
    "Keras": dialects.keras.Adam(0.01, epsilon=1e-3),
    "Caffe": dialects.caffe.Adam(0.01, delta=1e-3),
}.items():
    trace = tw.minimize(lambda w: 1e-3 * jnp.sum(w**2), [1.0], method, 1000)
    print(f"  {library:8} {type(method).__name__:8} ends at {trace.params[0]:.6f}")

# 2. From one library to another: the same numbers where that is the same, other ones where only those are, or what differs.
print("\nElsewhere")
for method, library in (
    (methods.Momentum(0.1), "keras"),
    (methods.Momentum(tw.schedules.Cosine(0.1, steps=1000)), "keras"),
    (methods.AdagradInside(0.1, eps=1e-3, start=0.1), "torch"),
):
    print(f"{method!r}\n  {str(dialects.convert(method, library)).replace(chr(10), chr(10) + '  ')}")

# 3. The winner of a race as code that runs. `talweg code --for optax` prints the same of the newest race in the store.
race = tw.race(tw.problems.load("iris"), ["adam", "clip-norm+momentum"], settings=16, seeds=8, epochs=80, schedule="cosine", probes=True)
print(f"\n{race.verdict}\n")
for sentences in race.summary["dynamics"].values():
    print(*(f"Why: {sentence}." for sentence in sentences), sep="\n")
print("\n" + race.best.code("optax"))
