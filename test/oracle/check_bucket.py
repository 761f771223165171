"""bucket_index, bucket_label and quantile_edges against pandas cut and qcut."""
import random
from fractions import Fraction

import numpy
import pandas

from oracle import ask, report

SHAPES = {
    "ages": lambda r: r.randint(18, 70),
    "ratings": lambda r: r.randint(25, 50) / 10,
    "few": lambda r: r.choice([1, 1, 1, 2, 9]),
    "one": lambda r: 7.25,
    "negative": lambda r: r.randint(-1000, 10),
    "cents": lambda r: round(r.uniform(-50, 5000), 2),
    "thirds": lambda r: r.randint(-99, 99) / 3,
    "normal": lambda r: r.gauss(0, 1),
    "wide": lambda r: r.choice([-1, 1]) * 10 ** r.uniform(-200, 200),
}
BUCKETS = [1, 2, 3, 4, 5, 7, 10, 100]


def numbers(text):
    return [float(x) for x in text.strip("{}").split(",")]


def type7(values, buckets):
    """The edges in exact arithmetic, equal ones merged."""
    ordered = sorted(Fraction(v) for v in values)
    edges = []
    for k in range(buckets + 1):
        position = Fraction(k * (len(ordered) - 1), buckets)
        low = position.numerator // position.denominator
        high = min(low + 1, len(ordered) - 1)
        edges.append(ordered[low] + (ordered[high] - ordered[low]) * (position - low))
    return sorted(set(edges))


def quantiles():
    rng = random.Random(20240105)
    sets = []
    for shape, draw in SHAPES.items():
        for n in (1, 2, 3, 5, 10, 31, 101, rng.randint(200, 400)):
            sets.append([float(draw(rng)) for _ in range(n)])
    rows = [(s, i, repr(v)) for s, values in enumerate(sets) for i, v in enumerate(values)]
    answer = ask("s int, i int, x float8", rows, f"""
        SELECT s, q, e, array_agg(coalesce(bucket_index(x, e), 0) ORDER BY i)
        FROM (SELECT s, q, quantile_edges(x, q) AS e FROM given, unnest(ARRAY{BUCKETS}) AS q GROUP BY s, q) AS edges
        JOIN given USING (s) GROUP BY s, q, e""")
    wrong_edges, wrong_cut, wrong_qcut = [], [], []
    values_compared = qcut_compared = near_edge = split_edge = 0
    for s, q, edges, got in answer:
        values, q, edges, got = sets[int(s)], int(q), numbers(edges), [int(x) for x in got.strip("{}").split(",")]
        exact = type7(values, q)
        if len(exact) != len(edges) or any(
                abs(Fraction(a) - b) > Fraction(1, 10 ** 14) * max(abs(b), abs(Fraction(a))) +
                Fraction(1, 10 ** 14) * max(abs(Fraction(v)) for v in values) for a, b in zip(edges, exact)):
            wrong_edges.append((s, q, edges, [float(x) for x in exact]))
            continue
        if len(edges) == 1:
            # Documented: one value is one bucket. pandas has none for it.
            if got != [1] * len(values):
                wrong_cut.append((s, q, got))
            continue
        cut = pandas.cut(values, edges, labels=False, include_lowest=True)
        want, bins = pandas.qcut(values, q, labels=False, retbins=True, duplicates="drop")
        for v, mine, of_cut, of_qcut in zip(values, got, cut, want):
            values_compared += 1
            if mine != of_cut + 1:
                wrong_cut.append((s, q, v, mine, of_cut))
            # Not where numpy's rounding decides, as neighbours differ by 10^15:
            # there only the two checks above hold.
            if max(map(abs, values)) > 1e9:
                continue
            qcut_compared += 1
            if mine != of_qcut + 1:
                # numpy rounds k/q * (n-1), so its edge may miss the value it
                # should be, by an ulp or so: only that may move the value.
                near = [b for b in bins if b != v and abs(b - v) <= 1e-13 * abs(v)]
                if near and any(v == float(e) for e in exact):
                    near_edge += 1
                elif len(bins) != len(edges) and numpy.any(numpy.diff(bins) <= 1e-13 * numpy.abs(bins[1:])):
                    split_edge += 1
                else:
                    wrong_qcut.append((s, q, v, mine, of_qcut, list(bins), edges))
    report("quantile_edges against exact fractions", len(answer), wrong_edges)
    report("bucket_index of quantile_edges against pandas.cut", values_compared, wrong_cut)
    rounded = near_edge + split_edge
    if rounded * 50 > qcut_compared:
        wrong_qcut.append(f"{rounded} values moved by numpy's rounding")
    report(f"quantile_edges and bucket_index against pandas.qcut, "
           f"{near_edge} + {split_edge} set aside for numpy's rounding", qcut_compared, wrong_qcut)


def fixed_edges():
    rng = random.Random(7)
    rows, want = [], []
    for _ in range(300):
        edges = sorted({round(rng.uniform(-100, 100), rng.randint(0, 3)) for _ in range(rng.randint(2, 12))})
        if len(edges) < 2:
            continue
        if rng.random() < 0.3:
            edges[-1] = float("inf")
        if rng.random() < 0.3:
            edges[0] = float("-inf")
        values = [rng.uniform(-120, 120) for _ in range(30)] + edges + [float("nan"), float("inf"), float("-inf")]
        values += [float(numpy.nextafter(e, x)) for e in edges for x in (-1e9, 1e9) if abs(e) < 1e9]
        labels = [f"label {i}, \"{rng.random()}\"" for i in range(len(edges) - 1)]
        index = pandas.cut(values, edges, labels=False, include_lowest=True)
        label = pandas.cut(values, edges, labels=labels, include_lowest=True)
        array = "{" + ",".join(repr(e) for e in edges) + "}"
        texts = "{" + ",".join('"' + x.replace('"', '\\"') + '"' for x in labels) + "}"
        for v, i, name in zip(values, index, label):
            rows.append((len(rows), repr(v), array, texts))
            want.append([None, None] if pandas.isna(i) else [str(int(i) + 1), name])
    answer = ask("i int, x float8, e float8[], l text[]", rows,
                 "SELECT bucket_index(x, e), bucket_label(x, e, l) FROM given ORDER BY i")
    wrong = [(row, mine, other) for row, mine, other in zip(rows, answer, want) if mine != other]
    report("bucket_index and bucket_label against pandas.cut", len(answer), wrong)


quantiles()
fixed_edges()
