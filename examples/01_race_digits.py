"""Race some methods on images of digits, and read the answer.

The question is always the same: on this model and this data, which method arrives first, with which numbers, and how sure is that?
Every method is tuned alike (64 settings), the best setting is run again on 16 fresh seeds, and only these runs are reported.
"""

import tempfile
from pathlib import Path

import talweg as tw

tw.use_all_cores()  # one device for each processor core; has to come before anything else uses JAX

problem = tw.problems.load("digits", model="mlp:32")
print(problem)

race = tw.race(problem, "sgd,momentum,adagrad,adam")

print("\nThe verdict:", race.verdict)

# The table has one row for each method. A cost is the number of examples that a training saw until it reached the target.
table = race.table()
print(f"\nTarget: {race.summary['target']['text']}.\n")
print(table[["label", "learning_rate", "examples_to_target", "examples_to_target_low", "examples_to_target_high", "tied"]].to_string())

# The winner, ready to use: its method with the tuned numbers, its batch size, and the parameters of its best run.
best = race.best
print(f"\n{best}")
x, y = problem.test
print(f"On {len(y)} test images its best run is right in {(best.params(x).argmax(1) == y).mean():.1%}.")

# All pictures, in one file that needs no network.
print("Report:", race.save(Path(tempfile.mkdtemp()) / "digits.html"))
