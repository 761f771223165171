"""The distribution functions against mpmath, with 40 digits."""
import math
import random

try:
    import mpmath
    from mpmath import mp, mpf
except ImportError:
    print("skipped - oracle: python3-mpmath is missing")
    raise SystemExit(0)

from oracle import ask, report

mp.dps = 40
SMALLEST = mpf(10) ** -290	# below, float8 has few digits left


def beta_tail(a, b, x, y):
    """I_x(a, b) for y = 1 - x, by the continued fraction 8.17.22 of DLMF (the server uses another one)."""
    if x * (a + b + 2) > a + 1:
        return 1 - beta_tail(b, a, y, x)
    front = mpmath.exp(a * mpmath.log(x) + b * mpmath.log(y) + mpmath.loggamma(a + b)
                       - mpmath.loggamma(a) - mpmath.loggamma(b)) / a
    if front < mpf(10) ** -330:
        return mpf(0)
    c, d, m = mpf(1), 1 / (1 - (a + b) * x / (a + 1)), 0
    f = d
    while True:
        m += 1
        for term in (m * (b - m) * x / ((a - 1 + 2 * m) * (a + 2 * m)),
                     -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 1 + 2 * m))):
            d, c = 1 / (1 + term * d), 1 + term / c
            f *= c * d
        if abs(c * d - 1) < mpf(10) ** -30:
            return front * f


def f_tail(f, df1, df2):
    f, df1, df2 = mpf(f), mpf(df1), mpf(df2)
    return beta_tail(df2 / 2, df1 / 2, df2 / (df2 + df1 * f), df1 * f / (df2 + df1 * f))


def gamma_tail(x, df):
    """By the series of P, with digits to spare for 1 - P."""
    a, x = mpf(df) / 2, mpf(x) / 2
    with mpmath.workdps(380):
        a, x = +a, +x
        term = total = 1 / a
        k = 0
        while term > total * mpf(10) ** -370:
            k += 1
            term *= x / (a + k)
            total += term
        return 1 - mpmath.exp(a * mpmath.log(x) - x - mpmath.loggamma(a)) * total


def normal_tail(z):
    return mpmath.erfc(-mpf(z) / mpmath.sqrt(2)) / 2


def compare(name, expression, rows, truth, limit=1e-12):
    """rows of up to three numbers x, y, z; truth(numbers, answer) gives the right answer."""
    given = [(i, *map(repr, row), *["0"] * (3 - len(row))) for i, row in enumerate(rows)]
    answer = ask("i int, x float8, y float8, z float8", given, f"SELECT {expression} FROM given ORDER BY i")
    wrong = []
    for row, (mine,) in zip(rows, answer):
        mine = mpf("nan" if mine is None else float(mine))
        want = truth(row, mine)
        if not (abs(mine - want) <= limit * abs(want) or (want < SMALLEST and 0 <= mine < 2 * SMALLEST)):
            wrong.append((row, float(mine), float(want), float(abs(mine / want - 1))))
    report(name, len(answer), wrong)


def better_quantile(row, mine):
    """One step of Newton from the answer: its error squared is nothing."""
    p, df = mpf(row[0]), mpf(row[1])
    tail, t = 2 * min(p, 1 - p), abs(mine)
    for _ in range(2):
        density = 2 * mpmath.exp(mpmath.loggamma((df + 1) / 2) - mpmath.loggamma(df / 2)
                                 - mpmath.log(mpmath.pi * df) / 2 - (df + 1) / 2 * mpmath.log(1 + t * t / df))
        t += (f_tail(t * t, 1, df) - tail) / density
    return -t if p < 0.5 else t


def better_normal_quantile(row, mine):
    z = mine
    for _ in range(3):
        z -= (normal_tail(z) - mpf(row[0])) * mpmath.sqrt(2 * mpmath.pi) * mpmath.exp(z * z / 2)
    return z


def main():
    rng = random.Random(1908)
    few = [10 ** rng.uniform(-3, 4) for _ in range(300)] + [10 ** rng.uniform(4, 7) for _ in range(60)]
    many = [10 ** rng.uniform(-1, 7) for _ in few]

    compare("student_p", "student_p(x, y)", [(rng.choice([10 ** rng.uniform(-3, 2), rng.uniform(0, 37)]), df) for df in few],
            lambda row, _: f_tail(mpf(row[0]) ** 2, 1, row[1]))
    compare("f_p", "f_p(x, y, z)",
            [(rng.lognormvariate(0, 1) ** rng.choice([0.001, 0.1, 1, 3]), min(df1, 1e4), df2) for df1, df2 in zip(many, few)],
            lambda row, _: f_tail(*row))
    compare("chi_square_p", "chi_square_p(x, y)",
            [(rng.choice([df * rng.lognormvariate(0, 1), df + abs(rng.gauss(0, 4)) * math.sqrt(df)]), df)
             for df in few if df < 1000],
            lambda row, _: gamma_tail(*row))
    shares = [rng.choice([10 ** rng.uniform(-12, -0.302), rng.random()]) for _ in few]
    compare("student_quantile", "student_quantile(x, y)", [(p, df) for p, df in zip(shares, many)], better_quantile)
    compare("normal_quantile", "normal_quantile(x)", [(p,) for p in shares] + [(10.0 ** -i,) for i in range(1, 290)],
            better_normal_quantile)
    compare("normal_cdf", "normal_cdf(x)", [(rng.uniform(-36, 5),) for _ in few], lambda row, _: normal_tail(row[0]))


main()
