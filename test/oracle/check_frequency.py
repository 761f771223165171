"""parse_frequency against a table of its own."""
import random

from oracle import ask, report

LABELS = {
    "Daily": 1, "Weekly": 7, "Bi-Weekly": 14, "Fortnightly": 14, "Monthly": 30, "Quarterly": 90,
    "Every 3 Months": 90, "Semi-Annually": 180, "Annually": 365, "Yearly": 365,
    # as seen in the wild
    "Bi-weekly": 14, "Every 3 months": 90, "Annualy": 365,
}
UNITS = {"day": 1, "week": 7, "month": 30, "year": 365}


def every(n, unit):
    if unit == "month" and n % 12 == 0:
        return n // 12 * 365
    return n * UNITS[unit]


def labels():
    rng = random.Random(5)
    cases = []
    for label, days in LABELS.items():
        for _ in range(200):
            text = "".join(rng.choice([c.lower(), c.upper()]) for c in label)
            text = text.replace("-", rng.choice(["-", " ", "_", "", " - "]))
            text = "".join(c if c != " " else rng.choice([" ", "  ", "\t", "-", "_", "\u00a0"]) for c in text)
            cases.append((rng.choice(["", " ", "\ufeff"]) + text + rng.choice(["", "  ", "\r\n"]), days))
    for n in list(range(1, 400)) + [10 ** 6]:
        for unit in UNITS:
            plural = unit + ("" if n == 1 else "s")
            cases.append((f"{rng.choice(['every', 'Every', 'EVERY'])} {n} {plural}", every(n, unit)))
    answer = ask("i int, t text", [(i, text) for i, (text, _) in enumerate(cases)],
                 "SELECT parse_frequency(t), parse_frequency_strict(t) FROM given ORDER BY i")
    wrong = [(case, mine) for case, mine in zip(cases, answer) if mine != [str(case[1])] * 2]
    report("parse_frequency against its own table", len(answer), wrong)


def misspelt():
    """A mistyped label is NULL or still itself, never another frequency."""
    cases = {}
    letters = "abcdefghijklmnopqrstuvwxyz"
    for label, days in LABELS.items():
        if "3" in label:
            continue
        text = label.lower()
        for i in range(len(text)):
            forms = [text[:i] + text[i + 1:], text[:i] + text[i] + text[i:], text[:i] + text[i + 1:i + 2] + text[i] + text[i + 2:]]
            forms += [text[:i] + c + text[i + 1:] for c in letters] + [text[:i] + c + text[i:] for c in letters]
            for form in forms:
                cases[form] = days
    cases = sorted(cases.items())
    answer = ask("i int, t text", [(i, text) for i, (text, _) in enumerate(cases)],
                 "SELECT parse_frequency(t) FROM given ORDER BY i")
    wrong = [(case, mine) for case, (mine,) in zip(cases, answer) if mine not in (None, str(case[1]))]
    report("a misspelt frequency is never another one", len(answer), wrong)


labels()
misspelt()
