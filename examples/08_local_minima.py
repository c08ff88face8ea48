"""Stuck? The endpoint of a descent, what other starts find, and which remedy gets out, at equal cost."""

import numpy as np

import talweg as tw

tw.use_all_cores()

# 1. A function with four basins, of which one is the lowest. The descent from its usual start ends in a minimum: but in which one?
problem = tw.problems.load("styblinski-tang")
trace = tw.descend(problem, tw.methods.GradientDescent(0.02), steps=300)
here = tw.landscape.diagnose(problem, trace.params, learning_rate=0.02)
print(f"Gradient descent ends at {trace.params.round(3)}, with a loss of {trace.loss[-1]:.3f}: a {here.point}.")
print("\n".join(f"  {sentence}" for sentence in here.sentences))

# 2. Is there anything better? 256 starts from all over the domain, the basins of their endpoints, and what none of them may have found.
found = tw.basins(problem, "sgd", starts=256, steps=300)
print("\n" + "\n".join(found.sentences))
for basin in found.basins:
    first = np.allclose(basin.params, trace.params, atol=0.01)
    print(f"  {basin.count:3} ends at {basin.params.round(3)}, loss {basin.loss:.3f}{', where the first one ended' if first else ''}")

# 3. Which remedy raises the chance of the lowest one? All with the same budget, tuned alike, from the same fresh starts.
tried = tw.escape(problem, "sgd", "large-rate,random-restarts,weight-noise", steps=300, starts=128, settings=12)
print("\n" + "\n".join(tried.sentences))

# 4. And a flat place, where a vanishing gradient does not mean a minimum.
monkey = tw.problems.load("monkey-saddle")
print("\nThe monkey saddle at its centre: " + tw.landscape.diagnose(monkey, [0.0, 0.0]).sentences[0])
