"""Trends against scipy, decompositions and models of exponential smoothing against statsmodels."""
import math
import random
import warnings

try:
    import numpy
    import scipy.stats
except ImportError:
    print("skipped - oracle: python3-scipy is missing")
    raise SystemExit(0)

from oracle import ask, report

random.seed(14)
warnings.filterwarnings("ignore")


def seasonal(n, season, noise, step=None):
    """Values with two decimals, above zero, with a trend and a season."""
    shape = [random.uniform(0.7, 1.3) for _ in range(season)]
    return [round(max((50 + 0.2 * i) * shape[i % season] * random.gauss(1, noise) + (40 if step and i > step else 0), 0.5), 2)
            for i in range(n)]


def rows(many):
    return [(k, i, value) for k, values in enumerate(many) for i, value in enumerate(values)]


SERIES = "SELECT k, sales_series('2020-01-01'::date + i, value, 'day') AS s FROM given GROUP BY k"


def close(ours, theirs, least):
    """Whether a number is another one, up to this share of it or this difference."""
    if ours is None:
        return theirs is None or math.isnan(theirs)
    return abs(float(ours) - theirs) <= least * max(1, abs(theirs))


def check_trends():
    many = [[random.choice((0, 1, 1, 2, 5)) if k % 2 else round(random.gauss(k, 20), 2) for _ in range(random.randint(4, 400))] for k in range(60)]
    wrong = []
    answers = ask("k int, i int, value numeric", rows(many),
                  f"SELECT k, slope, slope_low, slope_high, intercept, mann_kendall_s, tau, z, p FROM ({SERIES}) AS b, series_trend(s) ORDER BY k")
    for k, *ours in answers:
        y = numpy.array(many[int(k)])
        n = len(y)
        slope, intercept, low, high = scipy.stats.theilslopes(y, numpy.arange(n), 0.95)
        s = sum(numpy.sign(y[j + 1:] - y[j]).sum() for j in range(n))
        ties = numpy.unique(y, return_counts=True)[1]
        variance = (n * (n - 1) * (2 * n + 5) - (ties * (ties - 1) * (2 * ties + 5)).sum()) / 18
        z = (s - numpy.sign(s)) / math.sqrt(variance) if variance else math.nan
        theirs = [slope, low, high, intercept, s, scipy.stats.kendalltau(numpy.arange(n), y)[0], z, 2 * scipy.stats.norm.sf(abs(z))]
        wrong += [f"{k}: {o} is not {t}" for o, t in zip(ours, theirs) if not close(o, t, 1e-9)]
    report("Theil-Sen and Mann-Kendall against scipy", len(answers), wrong)


def check_parts(stl):
    cases = [(7, seasonal(140, 7, 0.1, 60)), (7, seasonal(97, 7, 0.3)), (12, seasonal(120, 12, 0.05, 50)), (4, seasonal(60, 4, 0.2)), (30, seasonal(365, 30, 0.1))]
    wrong = []
    compared = 0
    for season, y in cases:
        theirs = stl(numpy.array(y), period=season, seasonal=11, robust=True).fit(inner_iter=2, outer_iter=15)
        ours = ask("k int, i int, value numeric", rows([y]), f"SELECT p.trend, p.season, p.remainder FROM ({SERIES}) AS b, series_parts(s, {season}) AS p ORDER BY period_start")
        for i, (trend, part, rest) in enumerate(ours):
            compared += 1
            wrong += [f"season of {season}, {i}: {o} is not {t}" for o, t in ((trend, theirs.trend[i]), (part, theirs.seasonal[i]), (rest, theirs.resid[i])) if not close(o, t, 1e-6)]
    report("decomposition against the STL of statsmodels", compared, wrong)


def check_models(ets):
    """The likelihood at least as high as that of statsmodels, which may stop before the maximum."""
    wrong = []
    compared = 0
    kinds = {"N": None, "A": "add", "M": "mul"}
    for season, y in ((4, seasonal(44, 4, 0.05)), (4, seasonal(60, 4, 0.15)), (12, seasonal(84, 12, 0.08))):
        for label in ("ANN", "AAN", "AAdN", "ANA", "AAA", "AAdA", "MNN", "MAN", "MNA", "MAA", "MNM", "MAM", "MAdM"):
            error, trend, part = label[0], label[1:-1], label[-1]
            theirs = ets(numpy.array(y), error=kinds[error], trend=kinds[trend[0]], damped_trend=trend == "Ad", seasonal=kinds[part],
                         seasonal_periods=season if part != "N" else None, bounds={"smoothing_level": (1e-4, 0.9999)}).fit(disp=False, maxiter=5000)
            (ours,) = ask("k int, i int, value numeric", rows([y]), f"SELECT aicc, parameters FROM ({SERIES}) AS b, series_model(s, {season}, 'ETS({error},{trend},{part})')")
            n, k = len(y), int(ours[1])
            # -2 log likelihood without its constants, of both
            mine = float(ours[0]) - 2 * k - 2 * k * (k + 1) / (n - k - 1)
            other = -2 * theirs.llf - n * (math.log(2 * math.pi / n) + 1)
            if dict(zip(theirs.param_names, theirs.params)).get("smoothing_trend", 1) < 9e-5:
                continue  # outside of the region of ours, which is that of R
            compared += 1
            if mine > other + 0.05:
                wrong.append(f"{label}, season of {season}: {mine} is above {other}")
    report("exponential smoothing: likelihoods not below those of statsmodels", compared, wrong)


check_trends()
try:
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from statsmodels.tsa.seasonal import STL
except ImportError:
    print("skipped - oracle: python3-statsmodels is missing")
else:
    check_parts(STL)
    check_models(ETSModel)
