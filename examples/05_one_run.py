"""One run at a time: a function, a learning rate that changes with the step, batch sizes."""

import jax.numpy as jnp

import talweg as tw
from talweg.methods import Adam, GradientDescent, Momentum
from talweg.schedules import Cosine


def rosenbrock(w):
    """A banana-shaped valley, whose lowest point is (1, 1)."""
    x, y = w
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


# 1. A function. Small steps take for ever, large ones overshoot; momentum helps along the valley.
print("Rosenbrock from (−1, 1.5), 2,000 steps")
for method in (GradientDescent(1e-4), GradientDescent(1e-3), GradientDescent(1e-2), Momentum(1e-3, momentum=0.9), Adam(5e-2)):
    trace = tw.minimize(rosenbrock, [-1.0, 1.5], method, 2000)
    end = f"diverged at step {trace.diverged_at}" if trace.diverged_at is not None else f"at {jnp.round(trace.params, 3)}"
    print(f"  {method!r:48} {end}")

# 2. A noisy problem: batches of 128 point in slightly different directions. With a constant learning rate the run keeps jumping about
# the lowest point; one that starts big and then takes smaller and smaller steps converges to it.
problem = tw.problems.load("quadratic_deep")
print(f"\n{problem}")
traces = {
    "constant 0.03": tw.descend(problem, GradientDescent(0.03), epochs=100),
    "constant 0.003": tw.descend(problem, GradientDescent(0.003), epochs=100),
    "cosine from 0.03": tw.descend(problem, GradientDescent(Cosine(0.03, steps=700)), epochs=100),  # stands where a number stands
}
print("  step" + "".join(f"{name:>20}" for name in traces) + "    (validation loss)")
for i in range(0, 41, 5):
    print(f"  {traces['constant 0.03'].steps[i]:4}" + "".join(f"{trace.loss[i]:20.3f}" for trace in traces.values()))

# 3. The same budget, other batches: how far do 20 passes over the data bring each of them?
problem = tw.problems.load("spirals")
print(f"\n{problem}\nGradient descent, learning rate 0.1, 20 epochs")
for batch in (1, 8, 64, "full"):
    trace = tw.descend(problem, GradientDescent(0.1), epochs=20, batch=batch, key=1)
    print(f"  batch {batch!s:>4}: {trace.steps[-1]:6,} steps, validation loss {trace.loss[0]:.3f} → {trace.loss[-1]:.3f}")
