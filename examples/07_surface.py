"""See it: a function as a landscape, with the trajectories of several methods on it."""

import tempfile
from pathlib import Path

import talweg as tw

folder = Path(tempfile.mkdtemp())

# 1. A known function. Each method gets the best of 32 learning rates; the sentences are computed from the runs.
view = tw.surface("rosenbrock", "sgd,momentum,adam", steps=300, path=folder / "rosenbrock.html")
print(view.report())
print(f"page with an animation: {folder / 'rosenbrock.html'}\n")

# 2. A formula of one's own with two valleys: who gets stuck in the higher one?
view = tw.surface("(x^2 - 1)^2 + 0.3*x + y^2 on -2..2, -2..2", "sgd,momentum,adam", start=[1.6, 1.2], learning_rate=0.1)
print("\n".join(view.sentences))
print(f"picture: {view.save(folder / 'wells.png')}\n")

# 3. Too large a learning rate.
view = tw.surface("rosenbrock", "sgd,adam", steps=50, learning_rate=0.1)
for one in view.trajectories:
    diverged = one.diverged_at[0]
    print(f"{one.label}: {f'diverged at step {diverged}' if diverged >= 0 else f'at {one.positions[0, -1].round(3)}'}")
