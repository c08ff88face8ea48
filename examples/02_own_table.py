"""A table of one's own, as dirty as tables are: text, dates, money, missing cells, an identifier.

The same works for a file: `tw.problems.read("houses.csv", target="price")`, or `talweg race houses.csv --target price` in a shell.
"""

import numpy as np
import pandas as pd

import talweg as tw

tw.use_all_cores()

rng = np.random.default_rng(0)
rows = 2000
area = rng.normal(90, 30, rows).clip(20).round()
district = rng.choice(["north", "south", "old town", "harbour"], rows, p=[0.4, 0.3, 0.2, 0.1])
built = pd.Timestamp("1950-01-01") + pd.to_timedelta(rng.integers(0, 25_000, rows), unit="D")
garden = rng.choice(["yes", "no"], rows)
price = 2000 * area * (1 + 0.5 * (district == "old town")) + 30_000 * (garden == "yes") + 800 * (built.year - 1950)
houses = pd.DataFrame(
    {
        "house_id": [f"H{i:05}" for i in range(rows)],
        "area": [f"{a:.0f} m²" if i % 7 == 0 else f"{a:.0f}" for i, a in enumerate(area)],  # units, sometimes
        "district": np.where(rng.random(rows) < 0.05, "?", district),  # not always known
        "built": built.strftime("%d.%m.%Y"),
        "garden": garden,
        "tax": [f"{0.01 * p:,.0f} €" for p in price * rng.normal(1, 0.3, rows)],  # numbers written as text
        "price": price * rng.normal(1, 0.1, rows),
    }
)
print(houses.head().to_string())

problem = tw.problems.from_frame(houses, target="price", name="houses", model="mlp:16")
print(f"\n{problem}")
for note in problem.notes:  # what was recognised and changed on the way in: read it before you believe a result
    print(" -", note)

race = tw.race(problem, "sgd,momentum,adam", settings=16, seeds=16)
print("\nThe verdict:", race.verdict)
for row in race.summary["contestants"]:
    print(f"{row['label']:32} R² on the test rows {row['test']['metric']['mean']:.3f}")
for landmark in race.summary["landmarks"]:  # is a network worth it at all?
    print(f"{landmark['label']:32} validation loss {landmark['validation_loss']['mean']:.4f}")
for warning in race.summary["verdict"]["warnings"]:
    print("Careful:", warning)
