"""Lifetime models against scipy's optimum of the textbook formulas, mpmath's expectations, and data of known parameters; survival by counting.
PT_LONG: 20 samples of each of the seven models in place of 3, and the table that docs/clv.md has of them."""
import math
import os
import random

try:
    import numpy
    import scipy.optimize
    import scipy.stats
    from scipy.special import betaln, gammaln, hyp2f1
except ImportError:
    print("skipped - oracle: python3-scipy is missing")
    raise SystemExit(0)

from oracle import ask, report

numpy.random.seed(15)
random.seed(15)
numpy.seterr(all="ignore")
NAMES = {"bg_nbd": 4, "mbg_nbd": 4, "pareto_nbd": 4, "nbd": 2}
TRUE = {"bg_nbd": (0.5, 4.0, 0.8, 2.5), "mbg_nbd": (0.8, 6.0, 0.9, 1.8), "pareto_nbd": (0.6, 8.0, 0.7, 10.0), "nbd": (0.7, 9.0)}


def sample(kind, n, parameters):
    """Customers of a known model, each watched for 20 to 60 weeks."""
    r, alpha = parameters[:2]
    rows = []
    for _ in range(n):
        end = random.uniform(20, 60)
        rate = numpy.random.gamma(r) / alpha
        leave = math.inf
        p = 0.0
        if kind in ("bg_nbd", "mbg_nbd"):
            p = numpy.random.beta(*parameters[2:])
        if kind == "pareto_nbd":
            leave = numpy.random.exponential(1 / (numpy.random.gamma(parameters[2]) / parameters[3]))
        x, last, now = 0, 0.0, 0.0
        gone = kind == "mbg_nbd" and random.random() < p
        while not gone:
            now += numpy.random.exponential(1 / rate)
            if now > min(end, leave):
                break
            x, last = x + 1, now
            gone = random.random() < p
        rows.append((x, last, end))
    return rows


def likelihood(kind, theta, x, tx, t):
    """As in the papers, term by term."""
    r, alpha = theta[:2]
    common = gammaln(r + x) - gammaln(r) + r * math.log(alpha)
    if kind == "nbd":
        return (common - (r + x) * numpy.log(alpha + t)).sum()
    a, b = theta[2:]
    if kind in ("bg_nbd", "mbg_nbd"):
        more = 1 if kind == "mbg_nbd" else 0
        stay = betaln(a, b + x + more) - betaln(a, b) - (r + x) * numpy.log(alpha + t)
        left = betaln(a + 1, b + x - 1 + more) - betaln(a, b) - (r + x) * numpy.log(alpha + tx)
        left = left if more else numpy.where(x > 0, left, -math.inf)
        return (common + numpy.logaddexp(stay, left)).sum()
    s, beta = a, b
    # the difference of two hypergeometric terms, which cancels only for data that are more extreme than these
    big, small = max(alpha, beta), min(alpha, beta)
    second = s + 1 if alpha >= beta else r + x
    def term(at):
        return hyp2f1(r + s + x, second, r + s + x + 1, (big - small) / (big + at)) / (big + at) ** (r + s + x)
    rest = s / (r + s + x) * (term(tx) - term(t))
    return (common + s * math.log(beta) + numpy.log((alpha + t) ** -(r + x) * (beta + t) ** -s + rest)).sum()


def check_fits():
    wrong, compared = [], 0
    for kind, true in TRUE.items():
        rows = sample(kind, 1500, true)
        x, tx, t = (numpy.array(column, dtype=float) for column in zip(*rows))
        answer = scipy.optimize.minimize(lambda log, k=kind: -likelihood(k, numpy.exp(log), x, tx, t), numpy.log(true), method="Nelder-Mead",
                                         options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 20000, "maxfev": 20000})
        theirs = numpy.exp(answer.x)
        ours = ask("x bigint, t_x float8, t float8", rows,
                   f"SELECT estimate, standard_error, log_likelihood FROM (SELECT clv_fit(x, t_x, t, '{kind}') AS m FROM given) AS f, clv_parameters(m) WITH ORDINALITY AS p(name, estimate, standard_error, low, high, i), clv_summary(m) ORDER BY i")
        ours = [[float(cell) for cell in row] for row in ours]
        # the inverse of the Hessian, by differences of the textbook formula
        k, step = NAMES[kind], 1e-3
        def at(shift, kind=kind, theirs=theirs):
            return likelihood(kind, theirs * numpy.exp(shift), x, tx, t)
        hessian = numpy.zeros((k, k))
        for i in range(k):
            for j in range(k):
                e, f = numpy.eye(k)[i] * step, numpy.eye(k)[j] * step
                hessian[i, j] = -(at(e + f) - at(e - f) - at(f - e) + at(-e - f)) / (4 * step * step)
        errors = theirs * numpy.sqrt(numpy.diag(numpy.linalg.inv(hessian)))
        compared += 2 * k + 1
        wrong += [f"{kind}: {o} is not {p}" for (o, _, _), p in zip(ours, theirs) if abs(o - p) > 2e-4 * p]
        wrong += [f"{kind}: standard error {o} is not {p}" for (_, o, _), p in zip(ours, errors) if abs(o - p) > 5e-3 * p]
        if abs(ours[0][2] + answer.fun) > 1e-6:
            wrong.append(f"{kind}: log-likelihood {ours[0][2]} is not {-answer.fun}")
    report("fits, standard errors and likelihoods against scipy's search", compared, wrong)


def sample_discrete(n, parameters, most=12):
    """Customers of BG/BB: from 4 to so many opportunities; one may leave before each."""
    alpha, beta, gamma, delta = parameters
    rows = []
    for _ in range(n):
        end = random.randint(4, most)
        p, leave = numpy.random.beta(alpha, beta), numpy.random.beta(gamma, delta)
        x, last = 0, 0
        for i in range(1, end + 1):
            if random.random() < leave:
                break
            if random.random() < p:
                x, last = x + 1, i
        rows.append((x, last, end))
    return rows


def sample_spend(n, parameters):
    """Repeat purchases and their mean spend; each purchase Gamma(p, nu), nu ~ Gamma(q, gamma)."""
    p, q, gamma = parameters
    rows = []
    for _ in range(n):
        x = 1 + numpy.random.poisson(2)
        rows.append((x, numpy.random.gamma(p * x) / (numpy.random.gamma(q) / gamma) / x, 0))
    return rows


def sample_subscriptions(n, parameters, most=8):
    """Periods until the end, or so far."""
    rows = []
    for _ in range(n):
        leave, watched = numpy.random.beta(*parameters), random.randint(3, most)
        periods = numpy.random.geometric(leave)
        rows.append((min(periods, watched), int(periods <= watched), 0))
    return rows


# how samples are made, of what, and fitted
RECOVERY = {kind: (lambda n, true, kind=kind: sample(kind, n, true), TRUE[kind], f"clv_fit(x, t_x, t, '{kind}')") for kind in TRUE}
RECOVERY["bg_bb"] = (sample_discrete, (1.2, 0.75, 0.66, 2.8), "clv_fit(clv_data(x, t_x, t), 'bg_bb')")
RECOVERY["sbg"] = (sample_subscriptions, (0.8, 1.6), "clv_fit(subscription_data(x::int, t_x = 1), 'sbg')")
RECOVERY["gamma_gamma"] = (sample_spend, (6, 4, 45), "spend_fit(x, t_x::numeric)")


def check_recovery():
    """What samples were made of lies within three standard errors, but for chance."""
    long = bool(os.environ.get("PT_LONG"))
    every, failed = [], []
    table = []
    for kind, (make, true, fit) in RECOVERY.items():
        z, estimates, names = [], [[] for _ in true], []
        for seed in range(1, (20 if long else 3) + 1):
            numpy.random.seed(seed)
            random.seed(seed)
            answers = ask("x bigint, t_x float8, t float8", make(3000 if long else 2000, true),
                          f"SELECT parameter, estimate, standard_error, converged FROM (SELECT {fit} AS m FROM given) AS f, clv_parameters(m) WITH ORDINALITY AS p(parameter, estimate, standard_error, low, high, i), clv_summary(m) ORDER BY i")
            names = [row[0] for row in answers]
            for i, (_, estimate, error, converged) in enumerate(answers):
                if converged != "t" or not error:
                    failed.append(f"{kind}: {estimate} with error {error}")
                    continue
                estimates[i].append(float(estimate))
                # by the logarithm, in which likelihoods are more like parabolas
                z.append((math.log(float(estimate) / true[i]) * float(estimate) / float(error), kind, seed, estimate, true[i]))
        every += z
        if z:
            median = ", ".join(f"{name} {t:g}: {numpy.median(e):.3f}" for name, t, e in zip(names, true, estimates))
            table.append(f"| `{kind}` | {median} | {max(abs(v[0]) for v in z):.2f} | {sum(abs(v[0]) > 3 for v in z)} of {len(z)} | {math.sqrt(sum(v[0] ** 2 for v in z) / len(z)):.2f} |")
    wrong = [f"{kind}, seed {seed}: {estimate} is far from {p}" for value, kind, seed, estimate, p in every if abs(value) > 3]
    # of 1000 normal numbers, 3 are beyond 3
    report("parameters that samples were made of", len(every), failed + (wrong if len(wrong) > 1 + len(every) // 100 else []))
    spread = math.sqrt(sum(v[0] ** 2 for v in every) / len(every))
    report("... at distances that standard errors promise", len(every), [] if 0.75 < spread < 1.3 else [f"{spread} standard errors"])
    if long:
        print("\n".join("# " + line for line in table + wrong))


def check_expectations():
    try:
        import mpmath
    except ImportError:
        print("skipped - oracle: python3-mpmath is missing")
        return
    mpmath.mp.dps = 40
    cases, wrong = [], []
    for i in range(300):
        r, alpha, a, b = (10 ** random.uniform(low, high) for low, high in ((-1.5, 2.5), (-1, 3), (-1.5, 1.5), (-1.5, 2.5)))
        x = random.choice((0, 0, 1, 3, 20))
        t = random.uniform(1, 100)
        tx = random.uniform(0, t) if x else 0.0
        cases.append((i, r, alpha, a, b, x, tx, t, 10 ** random.uniform(-1, 3)))
    answers = ask("i int, r float8, alpha float8, a float8, b float8, x bigint, t_x float8, t float8, h float8", cases,
                  "SELECT i, p_alive(bg, x, t_x, t), expected_purchases(bg, x, t_x, t, h), p_alive(mbg, x, t_x, t), expected_purchases(mbg, x, t_x, t, h), p_alive(pareto, x, t_x, t), expected_purchases(pareto, x, t_x, t, h)"
                  " FROM given, clv_model('bg_nbd', ARRAY[r, alpha, a, b]) AS bg, clv_model('mbg_nbd', ARRAY[r, alpha, a, b]) AS mbg, clv_model('pareto_nbd', ARRAY[r, alpha, a, b]) AS pareto ORDER BY i")
    for case, ours in zip(cases, answers):
        r, alpha, a, b, x, tx, t, h = (mpmath.mpf(v) for v in case[1:])
        theirs = []
        for more in (0, 1):
            chances = x + more
            alive = 1 if chances == 0 else 1 / (1 + a / (b + chances - 1) * ((alpha + t) / (alpha + tx)) ** (r + x))
            c = a + b + chances - 1
            factor = c / (a - 1) * (1 - ((alpha + t) / (alpha + t + h)) ** (r + x) * mpmath.hyp2f1(r + x, b + chances, c, h / (alpha + t + h)))
            theirs += [alive, alive * factor]
        s, beta, rho = a, b, r + a + x
        big, small, second = (alpha, beta, s + 1) if alpha >= beta else (beta, alpha, r + x)
        term = lambda at: mpmath.hyp2f1(rho, second, rho + 1, (big - small) / (big + at)) / (big + at) ** rho
        alive = 1 / (1 + s / rho * (term(tx) - term(t)) * (alpha + t) ** (r + x) * (beta + t) ** s)
        theirs += [alive, alive * (r + x) * (beta + t) / ((alpha + t) * (s - 1)) * (1 - ((beta + t) / (beta + t + h)) ** (s - 1))]
        wrong += [f"{case}: {o} is not {mpmath.nstr(p, 12)}" for o, p in zip(ours[1:], theirs) if abs(mpmath.mpf(o) - p) > 1e-8 * abs(p) + 1e-280]
    report("probabilities to be alive and expected purchases against mpmath", 6 * len(answers), wrong)


def check_bgbb():
    """Alive and expected by adding up all that may have happened."""
    cases, wrong = [], []
    for i in range(40):
        n = random.randint(1, 7)
        tx = random.randint(0, n)
        x = random.randint(1, tx) if tx else 0
        cases.append((i, *(random.uniform(0.3, 3) for _ in range(4)), x, tx, n, random.randint(1, 6)))
    answers = ask("i int, a float8, b float8, c float8, d float8, x bigint, t_x float8, t float8, h float8", cases,
                  "SELECT i, p_alive(m, x, t_x, t), expected_purchases(m, x, t_x, t, h), clv_log_likelihood(m, s) FROM (SELECT *, clv_model('bg_bb', ARRAY[a, b, c, d]) AS m, format('1 transactions - - - - 0 {%s %s %s:1}', x, t_x, t)::clv_data AS s FROM given) AS g ORDER BY i")
    for (_, a, b, c, d, x, tx, n, h), ours in zip(cases, answers):
        buy = lambda k, m: math.exp(betaln(a + k, b + m) - betaln(a, b))
        stay = lambda m: math.exp(betaln(c, d + m) - betaln(c, d))
        die = lambda m: math.exp(betaln(c + 1, d + m) - betaln(c, d))
        all_ways = sum(buy(x, k - x) * die(k) for k in range(tx, n)) + buy(x, n - x) * stay(n)
        theirs = (buy(x, n - x) * stay(n + 1) / all_ways, sum(buy(x + 1, n - x) * stay(n + k) for k in range(1, h + 1)) / all_ways, math.log(all_ways))
        wrong += [f"{x}, {tx}, {n}: {o} is not {p}" for o, p in zip(ours[1:], theirs) if abs(float(o) - p) > 1e-10 * abs(p) + 1e-12]
    report("BG/BB against all that may have happened", 3 * len(answers), wrong)


def check_survival():
    wrong, compared = [], 0
    groups = [[(random.randint(0, 40) / random.choice((1, 2)), random.random() < 0.6) for _ in range(random.randint(2, 80))] for _ in range(12)]
    rows = [(g, *row) for g, group in enumerate(groups) for row in group]
    answers = ask("g int, duration float8, event boolean", rows,
                  "SELECT g, c.duration, survival, standard_error FROM (SELECT g, survival(duration, event) AS s FROM given GROUP BY g) AS t, survival_curve(s) AS c ORDER BY g, c.duration")
    for g, duration, share, error in answers:
        value, greenwood = 1.0, 0.0
        for t in sorted({d for d, e in groups[int(g)] if e and d <= float(duration)}):
            n = sum(d >= t for d, _ in groups[int(g)])
            k = sum(d == t and e for d, e in groups[int(g)])
            value *= 1 - k / n
            greenwood += k / (n * (n - k)) if n > k else math.inf
        compared += 2
        if abs(float(share) - value) > 1e-12:
            wrong.append(f"{g}, {duration}: {share} is not {value}")
        if value > 1e-12 and abs(float(error) - value * math.sqrt(greenwood)) > 1e-12:
            wrong.append(f"{g}, {duration}: standard error {error}")
    report("Kaplan-Meier and Greenwood by counting", compared, wrong)
    (ours,) = ask("g int, duration float8, event boolean", rows,
                  "SELECT chi_square, degrees_of_freedom, p FROM (SELECT array_agg(s ORDER BY g) AS a FROM (SELECT g, survival(duration, event) AS s FROM given GROUP BY g) AS t) AS t, log_rank(a)")
    k = len(groups)
    u, v = numpy.zeros(k), numpy.zeros((k, k))
    for t in sorted({d for group in groups for d, e in group if e}):
        n = numpy.array([sum(d >= t for d, _ in group) for group in groups], dtype=float)
        o = numpy.array([sum(d == t and e for d, e in group) for group in groups], dtype=float)
        u += o - o.sum() * n / n.sum()
        if n.sum() > 1:
            v += o.sum() * (n.sum() - o.sum()) / (n.sum() - 1) * (numpy.diag(n / n.sum()) - numpy.outer(n, n) / n.sum() ** 2)
    chi = u[1:] @ numpy.linalg.solve(v[1:, 1:], u[1:])
    p = scipy.stats.chi2.sf(chi, k - 1)
    report("log-rank of 12 groups against numpy", 3, [] if abs(float(ours[0]) - chi) < 1e-9 * chi and ours[1] == str(k - 1) and abs(float(ours[2]) - p) < 1e-9 else [f"{ours} is not {chi}, {p}"])


check_fits()
check_recovery()
check_expectations()
check_bgbb()
check_survival()
