"""Race some methods on images of digits, and read the answer.

The question is always the same: on this model and this data, which method, numbers, batch size and length, what will they give, and
how sure is that? Every method is tuned alike, the best variant of each is run again on fresh seeds, each with a split of its own, and
only these runs are reported. What is recommended runs on further seeds, which nobody has seen: they make the promise.
"""

import tempfile
from pathlib import Path

import talweg as tw

tw.use_all_cores()  # one device for each processor core; has to come before anything else uses JAX

problem = tw.problems.load("digits", model="mlp:32")
print(problem)

race = tw.race(problem, "sgd,momentum,adagrad,adam")

print("\nThe verdict:", race.verdict)

# The table has one row for each method, the lowest validation loss first. Seconds to the target are those of an ordinary training loop.
table = race.table()
print(f"\nTarget of speed: {race.summary['target']['text']}.\n")
print(table[["label", "validation_loss", "excess_low", "excess_high", "tied", "steps", "schedule", "seconds_to_target"]].to_string())

# What is recommended, ready to use: its method with the tuned numbers and schedule, its batch size and length, and the parameters of
# its best run. Where nothing is recommended, there is no method but a reason.
best = race.recommendation
print(f"\n{best}")
if best.reason is None:
    new = best.expected["expected_on_new_data"]
    print(f"On {new['rows']} new images its loss will be {new['mean']:.3f} ({new['low']:.3f} to {new['high']:.3f}).")
x, y = problem.test
print(f"On {len(y)} test images its best run is right in {(best.params(x).argmax(1) == y).mean():.1%}.")

# All pictures, in one file that needs no network.
print("Report:", race.save(Path(tempfile.mkdtemp()) / "digits.html"))
