"""calendar_period against rules written with Python's datetime: every day of 2015 to 2035."""
import calendar
from datetime import date, timedelta

from oracle import ask, report

DAYS = [date(2015, 1, 1) + timedelta(days=i) for i in range((date(2035, 12, 31) - date(2015, 1, 1)).days + 1)]
NAMES = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
MONTHS = [month.lower() for month in calendar.month_name[1:]]


def year_end(year, month, weekday, nearest):
    """The days from the end of the month outwards, until one has the weekday."""
    day = date(year, month, calendar.monthrange(year, month)[1])
    for distance in range(7):
        for way in ((-1, 1) if nearest else (-1,)):
            if (day + timedelta(days=way * distance)).isoweekday() == weekday:
                return day + timedelta(days=way * distance)
    raise AssertionError


def retail(pattern, month, weekday, nearest, by_end):
    """All days, week by week: {day: (start, year, number)}."""
    found = {}
    for year in range(2013, 2039):
        first = year_end(year - 1, month, weekday, nearest) + timedelta(days=1)
        weeks = pattern * 4
        length = (year_end(year, month, weekday, nearest) - first).days + 1
        assert length in (364, 371), (year, length)
        weeks[-1] += length // 7 - 52
        for number, count in enumerate(weeks, 1):
            for i in range(7 * count):
                found[first + timedelta(days=i)] = (first, year if by_end or month == 12 else year - 1, number)
            first += timedelta(days=7 * count)
    return found


def weeks_from(weekday):
    """Weeks of the year that has four of their days or more, counted one by one."""
    found, numbers = {}, {}
    start = date(2012, 12, 20)
    while start.isoweekday() != weekday:
        start += timedelta(days=1)
    while start < date(2037, 1, 1):
        years = [(start + timedelta(days=i)).year for i in range(7)]
        year = max(set(years), key=years.count)
        numbers[year] = numbers.get(year, 0) + 1
        for i in range(7):
            found[start + timedelta(days=i)] = (start, year, numbers[year])
        start += timedelta(days=7)
    return found


def months_from(first):
    found = {}
    for day in DAYS:
        number = (day.month - first) % 12 + 1
        begins = day.year if day.month >= first else day.year - 1
        # most of its months, the later one of two with six each
        later = first > 1 and 12 - (first - 1) <= 6
        found[day] = (day.replace(day=1), begins + 1 if later else begins, number)
    return found


calendars = {"iso week": {day: (day - timedelta(days=day.isoweekday() - 1), *day.isocalendar()[:2]) for day in DAYS}}
calendars |= {f"week from {NAMES[w - 1]}": weeks_from(w) for w in range(1, 8)}
calendars |= {f"fiscal year from {MONTHS[m - 1]}": months_from(m) for m in range(1, 13)}
for text in ("4-4-5", "4-5-4", "5-4-4"):
    split = [int(n) for n in text.split("-")]
    for last in range(1, 13) if text == "4-4-5" else (1, 9):
        for end in (5, 6, 7) if text == "4-4-5" else (6,):
            for near in (True, False):
                rule = f"on the {NAMES[end - 1]} nearest the end of" if near else f"on the last {NAMES[end - 1]} of"
                calendars[f"{text}, years end {rule} {MONTHS[last - 1]}"] = retail(split, last, end, near, last >= 6)

wrong, compared = [], 0
for text, rule in calendars.items():
    rows = ask("day date, rule text", [(day.isoformat(), text) for day in DAYS],
               "SELECT g.day, p.period_start, p.period_year, p.period_number, p.period_end >= g.day, p.period_label FROM given g "
               "CROSS JOIN LATERAL calendar_period(g.rule::sales_calendar, g.day) p ORDER BY g.day")
    assert len(rows) == len(DAYS), text
    for day, (shown, start, year, number, inside, label) in zip(DAYS, rows):
        compared += 1
        want = rule[day]
        if (shown, start, int(year), int(number), inside) != (day.isoformat(), want[0].isoformat(), want[1], want[2], "t") \
                or not label.endswith(f"{want[2]:02d}") or f"{want[1]}" not in label:
            wrong.append(f"{text}, {day}: {start} {year} {number}, Python has {want}")
report("calendar_period", compared, wrong)
