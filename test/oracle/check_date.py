"""parse_date, parse_timestamp and parse_timestamptz against Python's datetime."""
import random
from datetime import date, datetime, timedelta, timezone

from oracle import ask, report

MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]


def make(year, month, day):
    try:
        return date(year, month, day)
    except ValueError:
        return None


def two(year):
    return 1900 + year if year >= 69 else 2000 + year


def random_text(rng):
    """A text and what it means without an order, day first and month first."""
    year, month, day = rng.choice([rng.randint(1, 9999), rng.randint(1960, 2030)]), rng.randint(0, 13), rng.randint(0, 32)
    if rng.random() < 0.8:
        month, day = rng.randint(1, 12), rng.randint(1, 29)
    real = make(year, month, day)
    short = year % 100
    kind = rng.randrange(7)
    if kind == 0:
        sep = rng.choice("-/.")
        form = rng.choice(["{:04}{s}{:02}{s}{:02}", "{:04}{s}{}{s}{}"])
        return form.format(year, month, day, s=sep), [real] * 3
    if kind == 1:
        return f"{year:04}{month:02}{day:02}", [real if year >= 1000 else None] * 3
    if kind == 2:
        if rng.random() < 0.5:
            return f"{day:02}.{month:02}.{year:04}", [real] * 3
        return f"{day}.{month}.{short:02}", [make(two(short), month, day)] * 3
    if kind in (3, 4):
        sep = rng.choice("/-")
        written = f"{year:04}"
        if rng.random() < 0.3:
            year, written = two(short), f"{short:02}"
        first, second = rng.choice([(day, month), (month, day)])
        form = rng.choice(["{:02}{s}{:02}{s}{}", "{}{s}{}{s}{}"])
        dmy, mdy = make(year, second, first), make(year, first, second)
        text = form.format(first, second, written, s=sep)
        # 24-01-05 begins with its year as often as not, and 24/01/05 may
        ymd = make(two(first), second, short) if len(written) == 2 and text[2] == sep else None
        readings = {d for d in (dmy, mdy, ymd) if d}
        if len(readings) > 1 or (sep == "-" and len(written) == 2) or not (dmy or mdy):
            none = None
        else:
            none = dmy or mdy
        return text, [none, dmy, mdy] if len(text) >= 6 else [None] * 3
    month = rng.randint(1, 12)
    real = make(year, month, day)
    name = rng.choice([MONTHS[month - 1], MONTHS[month - 1][:3]])
    name = rng.choice([name, name.lower(), name.upper()])
    if kind == 5:
        return rng.choice(["{} {}, {:04}", "{} {:02} {:04}", "{}. {}, {:04}"]).format(name, day, year), [real] * 3
    sep = rng.choice([" ", "-", "/"])
    return f"{day}{sep}{name}{sep}{year:04}", [real] * 3


def iso(value):
    return None if value is None else value.isoformat()


def dates():
    rng = random.Random(3)
    cases = [random_text(rng) for _ in range(30000)]
    answer = ask("i int, t text", [(i, text) for i, (text, _) in enumerate(cases)],
                 """SELECT to_char(parse_date(t), 'YYYY-MM-DD'), to_char(parse_date(t, 'DMY'), 'YYYY-MM-DD'),
                    to_char(parse_date(t, 'MDY'), 'YYYY-MM-DD') FROM given ORDER BY i""")
    wrong = [(text, mine, [iso(x) for x in want]) for (text, want), mine in zip(cases, answer)
             if mine != [iso(x) for x in want]]
    report("parse_date against datetime", len(answer), wrong)


def every_day():
    days = [date(1999, 1, 1) + timedelta(i) for i in range(9 * 366)]
    rows = [(i, d.strftime("%d/%m/%Y"), d.strftime("%m/%d/%y"), d.strftime("%d %b %Y"), d.isoformat()) for i, d in enumerate(days)]
    answer = ask("i int, a text, b text, c text, d date", rows,
                 "SELECT a, b, c FROM given WHERE (parse_date(a, 'DMY') = d AND parse_date(b, 'MDY') = d AND parse_date(c) = d) IS NOT TRUE")
    report("parse_date of every day of nine years", len(rows), answer)


def moments():
    rng = random.Random(4)
    rows, want = [], []
    for i in range(20000):
        at = datetime(1, 1, 3) + timedelta(seconds=rng.randrange(9990 * 365 * 86400), microseconds=rng.choice([0, rng.randrange(10 ** 6)]))
        zone = None
        clock = rng.randrange(3)
        if clock == 0:
            at = at.replace(microsecond=0)
            time = f"{at.hour % 12 or 12}:{at:%M:%S}{rng.choice(['', ' '])}{rng.choice(['AM', 'am'] if at.hour < 12 else ['PM', 'pm'])}"
        elif clock == 1:
            at = at.replace(second=0, microsecond=0)
            time = f"{at:%H:%M}"
        else:
            time = f"{at:%H:%M:%S}" + (f".{at.microsecond:06}".rstrip("0") if at.microsecond else "")
        text = f"{at.year:04}-{at:%m-%d}{rng.choice('T ')}{time}"
        utc = at
        if rng.random() < 0.6:
            minutes = rng.randint(-15 * 60 - 59, 15 * 60 + 59)
            hours, rest = divmod(abs(minutes), 60)
            zone = rng.choice([f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}", f"{'-' if minutes < 0 else '+'}{hours:02}{rest:02}"])
            if rng.random() < 0.2:
                zone, minutes = rng.choice(["Z", "z", " UTC", "GMT"]), 0
            text += rng.choice(["", " "]) + zone
            utc = at.replace(tzinfo=timezone(timedelta(minutes=minutes))).astimezone(timezone.utc).replace(tzinfo=None)
        stamp = utc.strftime("%m-%d %H:%M:%S.%f")
        stamp = f"{utc.year:04}-{stamp}"
        rows.append((i, text))
        want.append([None, stamp] if zone else [stamp, None])
    answer = ask("i int, t text", rows, """
        SELECT to_char(parse_timestamp(t), 'YYYY-MM-DD HH24:MI:SS.US'),
               to_char(parse_timestamptz(t) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') FROM given ORDER BY i""")
    wrong = [(row, mine, other) for row, mine, other in zip(rows, answer, want) if mine != other]
    report("parse_timestamp and parse_timestamptz against datetime", len(answer), wrong)


dates()
every_day()
moments()
