"""correlation_matrix against pandas.DataFrame.corr, SciPy's p values, and Fractions."""
import math
import random
from fractions import Fraction

import pandas

from oracle import ask, report

try:
    from scipy import stats
except ImportError:
    stats = None

COLUMNS = "abcde"


def draws(rng):
    """Columns of one table, as functions of what the row has in common."""
    offset, size = rng.choice([0, 0, 1e3, -1e9]), 10 ** rng.uniform(-6, 6)
    few = rng.randint(2, 6)
    return [lambda z: z + rng.gauss(0, 1),
            lambda z: offset + size * round(z + rng.gauss(0, 2), 1),
            lambda z: float(rng.randint(1, few)),
            lambda z: math.exp(3 * z + rng.gauss(0, 1)),
            lambda z: -2.5 if rng.random() < 0.9 else z]


def tables():
    rng = random.Random(20260105)
    for number in range(60):
        n = rng.choice([1, 2, 3, 4, 5, 10, 30, 100, 400])
        missing = rng.choice([0, 0, 0.1, 0.5])
        columns = draws(rng)
        yield [[None if rng.random() < missing else "nan" if rng.random() < missing / 4 else draw(z) for draw in columns]
               for z in (rng.gauss(0, 1) for _ in range(n))]


def exact(x, y):
    """Pearson's correlation, of the numbers as they are, in fractions."""
    x, y = [Fraction(v) for v in x], [Fraction(v) for v in y]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    sxx, syy = sum((a - mx) ** 2 for a in x), sum((b - my) ** 2 for b in y)
    if sxx == 0 or syy == 0:
        return None
    sxy = sum((a - mx) * (b - my) for a, b in zip(x, y))
    square = float(sxy * sxy / (sxx * syy))
    return math.copysign(math.sqrt(square), sxy)


def main():
    sets = list(tables())
    rows = [(s, *["-" if v is None else v if v == "nan" else repr(v) for v in row]) for s, table in enumerate(sets) for row in table]
    answer = ask("s int, " + ", ".join(f"{c} text" for c in COLUMNS), rows, f"""
        SELECT s, p.* FROM (SELECT s, correlation_matrix('{{{','.join(COLUMNS)}}}', ARRAY[{','.join(f"nullif({c}, '-')::float8" for c in COLUMNS)}]) AS m FROM given GROUP BY s) AS g, unnest(m) AS p""")
    got = {(int(s), a, b): [None if v is None else float(v) for v in rest] for s, a, b, *rest in answer}
    compared, wrong = {"n and pearson, exactly": 0, "pandas": 0, "scipy": 0}, {"n and pearson, exactly": [], "pandas": [], "scipy": []}

    def near(check, what, ours, theirs, tolerance):
        compared[check] += 1
        theirs = None if theirs is None or math.isnan(theirs) else float(theirs)
        if (ours is None) != (theirs is None) or (ours is not None and abs(ours - theirs) > tolerance):
            wrong[check].append(f"{what}: {ours} instead of {theirs}")

    for s, table in enumerate(sets):
        frame = pandas.DataFrame([[math.nan if v is None or v == "nan" else v for v in row] for row in table], columns=list(COLUMNS), dtype=float)
        pearson, spearman = frame.corr(), frame.corr(method="spearman")
        for i, a in enumerate(COLUMNS):
            for b in COLUMNS[i + 1:]:
                both = frame[[a, b]].dropna()
                n, ours_r, ours_p, ours_rho, ours_rho_p = got[s, a, b]
                what = f"table {s}, {a} and {b}"
                near("n and pearson, exactly", what, n, len(both), 0)
                near("n and pearson, exactly", what, ours_r, exact(both[a], both[b]) if len(both) > 1 else None, 4e-15)
                # pandas' own sums lose digits beside a large offset
                if all(both[c].abs().max() <= 1e5 * (both[c].max() - both[c].min()) for c in (a, b)):
                    near("pandas", what, ours_r, pearson.loc[a, b], 1e-9)
                near("pandas", what + " (ranks)", ours_rho, spearman.loc[a, b], 1e-12)
                if stats is not None and len(both) > 2 and ours_r is not None and abs(ours_r) < 1 - 1e-9 and abs(ours_rho) < 1:
                    near("scipy", what, ours_p, stats.pearsonr(both[a] - both[a].mean(), both[b] - both[b].mean())[1], 1e-6)
                    rho = stats.spearmanr(both[a], both[b])
                    near("scipy", what + " (ranks)", ours_rho, rho[0], 1e-12)
                    near("scipy", what + " (p of ranks)", ours_rho_p, rho[1], 1e-9)
    for check in compared:
        if check == "scipy" and stats is None:
            print("skipped - oracle: python3-scipy is missing")
        else:
            report(f"correlation_matrix: {check}", compared[check], wrong[check])


main()
