"""Models, forecasts and intervals of exponential smoothing against statsmodels; backtests, anomalies, seasons and growth against pandas, statsmodels and Python."""
import math
import random
import warnings

try:
    import numpy
    import pandas
    import scipy.optimize
    import scipy.stats
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel
    from statsmodels.tsa.seasonal import STL
except ImportError:
    print("skipped - oracle: python3-scipy or python3-statsmodels is missing")
    raise SystemExit(0)

from oracle import ask, report

random.seed(28)
warnings.filterwarnings("ignore")

HORIZON = 9
KINDS = {"N": None, "A": "add", "M": "mul"}
LABELS = [(error, trend, season) for error in "AM" for trend in ("N", "A", "Ad") for season in "NAM" if error + season != "AM"]
SERIES = "SELECT k, sales_series('2020-01-01'::date + i, value, 'day') AS s FROM given GROUP BY k"


def made(n, season, noise, growth=0.0, walk=0.0):
    """Values with two decimals, above zero: a level that may wander, a trend, a season of factors."""
    shape = [random.uniform(0.7, 1.3) for _ in range(season)]
    level, values = 60.0, []
    for i in range(n):
        level += growth + random.gauss(0, walk)
        values.append(round(max(level * (shape[i % season] if season > 1 else 1) * random.gauss(1, noise), 0.5), 2))
    return values


GIVEN = [(4, made(48, 4, 0.05, 0.4)), (7, made(84, 7, 0.1, walk=2.0)), (12, made(96, 12, 0.04, 0.5, 1.0)), (4, made(40, 1, 0.12)), (4, made(44, 1, 0.03, 1.5, 1.0))]


def question(query):
    """Rows of a query about all series, whose first column is their number."""
    rows = [(k, season, i, value) for k, (season, values) in enumerate(GIVEN) for i, value in enumerate(values)]
    return ask("k int, season int, i int, value numeric", rows, f"WITH b AS (SELECT k, max(season) AS season, sales_series('2020-01-01'::date + i, value, 'day') AS s FROM given GROUP BY k) {query}")


def model(label, season, values):
    error, trend, part = label
    # paths of a pandas.Series would be as many named columns
    given = pandas.Series(values) if error == "A" else numpy.array(values)
    return ETSModel(given, error=KINDS[error], trend=KINDS[trend[0]], damped_trend=trend == "Ad", seasonal=KINDS[part], seasonal_periods=season if part != "N" else None)


def aicc_of(theirs, n, parameters):
    """As R has it: without the constants of the likelihood, and sigma is a parameter."""
    return -2 * theirs.llf - n * (math.log(2 * math.pi / n) + 1) + 2 * parameters + 2 * parameters * (parameters + 1) / (n - parameters - 1)


def smoothed(label, season, values, given):
    """statsmodels with these parameters and first level and slope; it finds the first season itself, by least squares of what the likelihood measures."""
    theirs = model(label, season, values)
    fixed = [given[name] for name in theirs.param_names if name in given]
    if len(fixed) == len(theirs.param_names):
        return theirs.smooth(numpy.array(fixed))

    def errors(seasons):
        result = theirs.smooth(numpy.concatenate((fixed, seasons)))
        if label[0] == "A":
            return result.resid
        forecasts = numpy.array(result.fittedvalues)
        if (forecasts <= 0).any():
            return numpy.full(len(values), 1e3)
        return numpy.array(result.resid) * math.exp(numpy.log(forecasts).mean())

    averages = numpy.array([numpy.mean(values[phase::season]) for phase in range(season)])
    start = averages / averages.mean() if label[2] == "M" else averages - averages.mean()
    found = scipy.optimize.least_squares(errors, start, xtol=1e-10, ftol=1e-12, gtol=1e-12, max_nfev=15)
    return theirs.smooth(numpy.concatenate((fixed, found.x)))


def check_forecasts():
    """Of each model of the family, with the parameters that we found."""
    wrong, compared = [], 0
    names = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend", "initial_level", "initial_trend")
    labels = ", ".join(f"('ETS({','.join(label)})')" for label in LABELS)
    models = question(f"SELECT b.k, m.model, alpha, beta, gamma, phi, initial_level, initial_slope, sigma, parameters, aicc FROM b, (VALUES {labels}) AS v(label), series_model(s, season, label) AS m ORDER BY 1, 2")
    forecasts = {}
    for k, label, step, *numbers in question(f"SELECT b.k, f.model, step, forecast, lower, upper FROM b, (VALUES {labels}) AS v(label), series_forecast(s, {HORIZON}, 0.95, season, label) AS f"):
        forecasts[k, label, int(step)] = [float(number) for number in numbers]
    for k, name, *numbers in models:
        season, values = GIVEN[int(k)]
        label = tuple(name[4:-1].split(","))
        given = {known: float(number) for known, number in zip(names, numbers) if number is not None}
        sigma, df = float(numbers[6]), len(values) - (int(numbers[7]) - 1)
        theirs = smoothed(label, season, values, given)
        errors = numpy.array(theirs.resid)
        their_sigma = math.sqrt((errors ** 2).sum() / df)
        what = f"{name} of series {k}"
        compared += 1
        if abs(sigma / their_sigma - 1) > 1e-4:
            wrong.append(f"{what}: sigma {sigma} is not {their_sigma}")
        n, parameters = len(values), int(numbers[7])
        aicc = aicc_of(theirs, n, parameters)
        if abs(aicc - float(numbers[8])) > 1e-3:
            wrong.append(f"{what}: AICc {numbers[8]} is not {aicc}")
        means = numpy.array(theirs.forecast(HORIZON))
        if label[0] == "A":
            spreads = numpy.sqrt(theirs.get_prediction(len(values), len(values) + HORIZON - 1).forecast_variance / theirs.mse) * their_sigma
            near = 1e-4
        else:
            # there is no formula in it for these: random paths
            paths = theirs.simulate(HORIZON, anchor="end", repetitions=20000, random_errors=scipy.stats.norm(scale=their_sigma).rvs((HORIZON, 20000), random_state=int(k)))
            spreads, near = numpy.array(paths).std(axis=1), 0.025
        reach = scipy.stats.t.ppf(0.975, df)
        for h in range(HORIZON):
            forecast, lower, upper = forecasts[k, name, h + 1]
            compared += 3
            if abs(forecast - means[h]) > 2e-3 * spreads[h]:
                wrong.append(f"{what}, {h + 1} ahead: {forecast} is not {means[h]} (sd {spreads[h]})")
            if lower > 0 and abs((forecast - lower) / reach / spreads[h] - 1) > near or abs((upper - forecast) / reach / spreads[h] - 1) > near:
                wrong.append(f"{what}, {h + 1} ahead: {lower} to {upper} is not {forecast} +- {reach * spreads[h]}")
    report("forecasts and intervals of each model against statsmodels", compared, wrong)


def check_choice():
    """No model that statsmodels fits has a lower AICc than the one that we choose, nor has one of ours."""
    wrong, compared = [], 0
    ours = {k: (name, float(aicc)) for k, name, aicc in question("SELECT b.k, m.model, m.aicc FROM b, series_model(s, season) AS m")}
    labels = ", ".join(f"('ETS({','.join(label)})')" for label in LABELS)
    each = {}
    for k, name, aicc, parameters in question(f"SELECT b.k, m.model, m.aicc, m.parameters FROM b, (VALUES {labels}) AS v(label), series_model(s, season, label) AS m"):
        each.setdefault(k, []).append((float(aicc), name, int(parameters)))
    for k, (name, aicc) in ours.items():
        season, values = GIVEN[int(k)]
        n = len(values)
        compared += 1
        if abs(aicc - min(each[k])[0]) > 0.02 or len(each[k]) != len(LABELS):
            wrong.append(f"series {k}: {name} with {aicc}, but {min(each[k])}")
        # those that could come first
        for own, label, parameters in sorted(each[k])[:3]:
            theirs = model(tuple(label[4:-1].split(",")), season, values).fit(disp=False, maxiter=5000)
            found = dict(zip(theirs.param_names, theirs.params))
            compared += 1
            aicc_of_theirs = aicc_of(theirs, n, parameters)
            # outside of the region of ours, which is that of R, theirs may be better
            outside = min(found.get("smoothing_trend", 1), found.get("smoothing_seasonal", 1)) < 9e-5
            if not outside and aicc_of_theirs < own - 0.05:
                wrong.append(f"series {k}, {label}: {own}, but {aicc_of_theirs}")
            if not outside and aicc_of_theirs < aicc - 0.05:
                wrong.append(f"series {k}: {name} with {aicc}, but {label} with {aicc_of_theirs}")
    report("the model of the lowest AICc against statsmodels", compared, wrong)


def check_backtest():
    """MASE and coverage from forecasts of the values before each origin, one at a time."""
    wrong, compared = [], 0
    origins, horizon = 5, 3
    ours = question(f"SELECT b.k, season, t.n, t.origin_count, t.forecast_count, t.mase, t.naive_mase, t.coverage, t.naive_coverage FROM b, series_backtest(s, {horizon}, {origins}, 0.8, season) AS t ORDER BY 1")
    cut = question(f"SELECT b.k, c, step, forecast, lower, upper, naive_forecast, naive_lower, naive_upper FROM b, generate_series(1, {origins}) AS c, "
                   f"series_forecast(series_between(s, '2020-01-01', '2020-01-01'::date + (SELECT count(*)::int FROM series_values(s)) - 1 - {horizon} - {origins} + c), {horizon}, 0.8, season) AS f")
    for k, _, *numbers in ours:
        season, values = GIVEN[int(k)]
        y = numpy.array(values)
        errors, naive, held, naive_held = [], [], [], []
        for i, c, step, *cells in cut:
            if i != k:
                continue
            n = len(y) - horizon - origins + int(c)
            value = y[n + int(step) - 1]
            forecast, lower, upper, before, before_low, before_high = (float(cell) for cell in cells)
            scale = numpy.abs(y[season:n] - y[:n - season]).mean()
            # the benchmark: the last value of the same part of the season, and how far such were off
            earlier = y[n - season + (int(step) - 1) % season]
            spread = scipy.stats.t.ppf(0.9, n - season) * math.sqrt(((y[season:n] - y[:n - season]) ** 2).mean() * ((int(step) - 1) // season + 1))
            compared += 1
            if abs(before - earlier) > 1e-9 or abs(before_high - earlier - spread) > 1e-7 * spread or abs(before_low - max(earlier - spread, 0)) > 1e-7 * spread:
                wrong.append(f"series {k}: naive {before} ({before_low} to {before_high}) is not {earlier} +- {spread}")
            errors.append(abs(value - forecast) / scale)
            naive.append(abs(value - earlier) / scale)
            held.append(lower <= value <= upper)
            naive_held.append(before_low <= value <= before_high)
        theirs = [len(y), origins, origins * horizon, numpy.mean(errors), numpy.mean(naive), numpy.mean(held), numpy.mean(naive_held)]
        wrong += [f"backtest of series {k}: {o} is not {t}" for o, t in zip(numbers, theirs) if abs(float(o) - t) > 1e-9]
        compared += len(theirs)
    report("rolling-origin backtests by their definition", compared, wrong)


def check_seasons():
    """Indices by pandas, the strength of the season and the scores of anomalies from the STL of statsmodels."""
    wrong, compared = [], 0
    rows = question("SELECT b.k, x.season_number, x.index, x.n, x.strength FROM b, season_index(s, 'weekday') AS x")
    odd = question("SELECT b.k, a.period_start, a.expected, a.lower, a.upper, a.score, a.is_anomaly FROM b, series_anomalies(s, 2.5, 7) AS a")
    for k, (_, values) in enumerate(GIVEN):
        y = pandas.Series(values, index=pandas.date_range("2020-01-01", periods=len(values)))
        ratios = (y / y.rolling(7, center=True).mean()).dropna()
        medians = ratios.groupby(ratios.index.dayofweek).median()
        indices = medians / medians.mean()
        parts = STL(y, period=7, seasonal=11, robust=True).fit(inner_iter=2, outer_iter=15)
        # below six seasons the season of ours is the same each time
        whole = len(values) >= 42
        strength = max(0, 1 - parts.resid.var() / (parts.resid + parts.seasonal).var())
        for _, number, index, n, ours in (row for row in rows if row[0] == str(k)):
            compared += 3
            day = int(number) - 1
            if abs(float(index) - indices[day]) > 1e-12 or int(n) != (ratios.index.dayofweek == day).sum():
                wrong.append(f"series {k}, weekday {number}: {index} of {n} is not {indices[day]}")
            if whole and abs(float(ours) - strength) > 1e-6:
                wrong.append(f"series {k}: strength {ours} is not {strength}")
        if not whole:
            continue
        middle = parts.resid.median()
        spread = (parts.resid - middle).abs().median() / scipy.stats.norm.ppf(0.75)
        for _, day, expected, lower, upper, score, is_anomaly in (row for row in odd if row[0] == str(k)):
            compared += 3
            theirs = (parts.resid[day] - middle) / spread
            center = parts.trend[day] + parts.seasonal[day] + middle
            if abs(float(score) - theirs) > 1e-4 or abs(float(expected) - center) > 1e-5 or abs(float(upper) - float(lower) - 5 * spread) > 1e-4 * spread:
                wrong.append(f"series {k}, {day}: {expected}, score {score} is not {center}, {theirs}")
            if abs(abs(theirs) - 2.5) > 1e-3 and (is_anomaly == "t") != (abs(theirs) > 2.5):
                wrong.append(f"series {k}, {day}: {is_anomaly} with a score of {theirs}")
    report("indices and strength of seasons, and anomalies, against pandas and statsmodels", compared, wrong)


def check_growth():
    """Growth and moving averages against pandas; months, so that a year is twelve of them."""
    # the first and the last are there, others may be missing or below zero
    many = [[round(random.uniform(-5 if k else 1, 90), 2) if i in (0, 39) or random.random() > 0.1 * k else None for i in range(40)] for k in range(3)]
    rows = [(k, i, value) for k, values in enumerate(many) for i, value in enumerate(values) if value is not None]
    wrong, compared = [], 0
    series = "SELECT k, sales_series('2020-01-01'::timestamp + i * interval '1 month', value, 'month', true) AS s FROM given GROUP BY k"
    growths = ask("k int, i int, value numeric", rows, f"SELECT b.k, g.period_start, growth, year_growth FROM ({series}) AS b, series_growth(s) AS g")
    averages = ask("k int, i int, value numeric", rows, f"SELECT b.k, g.period_start, w, trailing_average, centered_average FROM ({series}) AS b, unnest('{{3,12}}'::int[]) AS w, series_moving_average(s, w) AS g")
    months = pandas.date_range("2020-01-01", periods=40, freq="MS")
    frames = [pandas.Series([math.nan if value is None else value for value in values], index=months) for values in many]

    def near(ours, theirs):
        return math.isnan(theirs) if ours is None else abs(float(ours) - theirs) < 1e-9 * max(1, abs(theirs))

    for k, month, *numbers in growths:
        y = frames[int(k)]
        for ours, periods in zip(numbers, (1, 12)):
            before = y.shift(periods)
            # growth from nothing or from below says nothing
            theirs = (y / before - 1).where(before > 0)[month]
            compared += 1
            if not near(ours, theirs):
                wrong.append(f"growth of {month} over {periods}: {ours} is not {theirs}")
    for k, month, width, trailing, centered in averages:
        y, width = frames[int(k)], int(width)
        means = y.rolling(width).mean()
        # of an even number, the mean of both that are next to the middle
        middle = (means.shift(-(width // 2)) + means.shift(-((width - 1) // 2))) / 2
        compared += 2
        if not near(trailing, means[month]) or not near(centered, middle[month]):
            wrong.append(f"averages of {width} at {month}: {trailing} and {centered} are not {means[month]} and {middle[month]}")
    report("growth and moving averages against pandas", compared, wrong)


check_growth()
check_seasons()
check_backtest()
check_forecasts()
check_choice()
