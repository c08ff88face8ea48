"""A model of one's own: two functions.

`start(key)` makes the starting parameters, any pytree of arrays. `loss(params, batch)` is the mean loss over the batch, whose arrays
have the examples on their first axis. Nothing else is asked for: this one is a mixture of two straight lines, in no library.
"""

import jax
import jax.numpy as jnp
import numpy as np

import talweg as tw

tw.use_all_cores()


def start(key):
    """Two lines and, for each, how probable it is at x: a gate."""
    return {"slope": jax.random.normal(key, (2,)), "height": jnp.zeros(2), "gate": jnp.zeros(2)}


def predict(params, x):
    """The two lines, mixed by the gate."""
    lines = x[:, None] * params["slope"] + params["height"]
    share = jax.nn.sigmoid(params["gate"][0] * x + params["gate"][1])
    return share * lines[:, 0] + (1 - share) * lines[:, 1]


def loss(params, batch):
    """The mean squared error."""
    x, y = batch
    return jnp.mean((predict(params, x) - y) ** 2)


def within(params, batch):
    """The share of examples that are predicted to within 0.2."""
    x, y = batch
    return jnp.mean(jnp.abs(predict(params, x) - y) < 0.2)


rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, 3000).astype(np.float32)
y = (np.where(x < 0.5, -x, 2 * x - 1.5) + rng.normal(0, 0.1, 3000)).astype(np.float32)

problem = tw.Problem(
    loss,
    start,
    train=(x[:2000], y[:2000]),
    validation=(x[2000:2500], y[2000:2500]),  # choices are made here
    test=(x[2500:], y[2500:]),  # looked at once, at the end
    name="two lines",
    metric=tw.Metric("within 0.2", within, percent=True),
)
print(problem)

race = tw.race(problem, "sgd,momentum,nesterov,adam", settings=16)
print("\nThe verdict:", race.verdict)

# Because every method was repeated from many starts, one sees which end well, and which get stuck in a worse place.
print("\nvalidation loss at the end of the final runs: mean, and four fifths of the seeds (0.01 is the noise)")
for row in race.summary["contestants"]:
    curve = row["curves"]["validation_loss"]
    print(f"{row['label']:32} {curve['mean'][-1]:.4f}   {curve['low'][-1]:.4f} … {curve['high'][-1]:.4f}")
print("\nThe winner's parameters:", {name: np.round(value, 2).tolist() for name, value in race.best.params.items()})
