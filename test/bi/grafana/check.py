"""The dashboards of bi/grafana: their structure, and what their statements say.

check.py structure FOLDER    prints what is wrong; nothing if all is well
check.py ask FOLDER          asks every statement as mart_reader; lines "ok", "not ok"
"""
import datetime
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

import psycopg2

NUMBERS = {"stat", "barchart", "timeseries"}
UNITS = {"none", "locale", "percentunit"}


def dashboards(folder):
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((Path(folder) / "dashboards").glob("*.json"))}


def overlap(a, b):
    return a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and b["y"] < a["y"] + a["h"]


def structure(folder):
    found = dashboards(folder)
    if len(found) < 4:
        yield "there are no dashboards"
    if len({each["uid"] for each in found.values()}) != len(found):
        yield "two dashboards have one uid"
    for name, board in found.items():
        panels = board["panels"]
        titles = [each["title"] for each in panels if each["type"] != "row"]
        if len(set(titles)) != len(titles):
            yield f"{name}: two panels have one title"
        if board["uid"] != name or not re.fullmatch(r"[a-zA-Z0-9_-]{1,40}", board["uid"]) or "id" in board:
            yield f"{name}: uid {board['uid']}"
        if sorted(each["id"] for each in panels) != list(range(1, len(panels) + 1)):
            yield f"{name}: ids are not unique"
        for i, each in enumerate(panels):
            place, title = each["gridPos"], each["title"]
            if not (0 <= place["x"] and place["x"] + place["w"] <= 24 and place["w"] > 0 and place["h"] > 0 and place["y"] >= 0):
                yield f"{name}: {title}: outside of the grid"
            for other in panels[:i]:
                if overlap(place, other["gridPos"]):
                    yield f"{name}: {title} lies on {other['title']}"
            if each["type"] == "row":
                continue
            defaults = each["fieldConfig"]["defaults"]
            if each["type"] in NUMBERS and defaults.get("unit") not in UNITS - {"none"}:
                yield f"{name}: {title}: no unit"
            if len({target["refId"] for target in each["targets"]}) != len(each["targets"]) or not each["targets"]:
                yield f"{name}: {title}: targets"
            for target in each["targets"]:
                if not re.match(r"SELECT\b", target["rawSql"]) or ";" in target["rawSql"]:
                    yield f"{name}: {title}: is no single SELECT"
                if target["format"] != ("time_series" if each["type"] == "timeseries" else "table"):
                    yield f"{name}: {title}: format {target['format']}"
        variables = board["templating"]["list"]
        names = [each["name"] for each in variables]
        if names[:2] != ["datasource", "mart"] or variables[0]["type"] != "datasource" or len(set(names)) != len(names):
            yield f"{name}: variables {names}"
        for each in [*panels, *[target for each in panels for target in each.get("targets", [])], *variables[1:]]:
            if each.get("type") != "row" and each.get("datasource") != {"type": variables[0]["query"], "uid": "${datasource}"}:
                yield f"{name}: {each.get('title', each.get('name', 'a target'))}: not of the variable data source"
        for sql in [target["rawSql"] for each in panels for target in each.get("targets", [])] + [each["query"] for each in variables[1:]]:
            for used in re.findall(r"\$\{(\w+)", sql):
                if used not in names:
                    yield f"{name}: variable {used} is not there"
            if re.search(r"\b(shop|store)\.", sql):
                yield f"{name}: a mart by name: {sql[:60]}"
    import yaml
    given = Path(folder) / "provisioning"
    source = yaml.safe_load((given / "datasources/purchase_trends.yaml").read_text(encoding="utf-8"))
    provider = yaml.safe_load((given / "dashboards/purchase_trends.yaml").read_text(encoding="utf-8"))
    made = source["datasources"][0]
    if source["apiVersion"] != 1 or made["type"] != "grafana-postgresql-datasource" or not re.fullmatch(r"\$\{\w+\}", made["secureJsonData"]["password"]) or "database" not in made["jsonData"]:
        yield "provisioning of the data source"
    if provider["apiVersion"] != 1 or provider["providers"][0]["type"] != "file" or not provider["providers"][0]["options"]["path"].startswith("/"):
        yield "provisioning of the dashboards"


def as_grafana(sql, values, first, last):
    """What Grafana sends: macros and variables replaced. values: name => a text, or a list of them."""
    units = {"1d": 86400, "7d": 604800}
    sql = re.sub(r"\$__timeFilter\(([^)]*)\)", lambda m: f"{m[1]} BETWEEN '{first}T00:00:00Z' AND '{last}T23:59:59.999Z'", sql)
    sql = re.sub(r"\$__timeGroupAlias\(([^,]*),\s*'(\w+)'\)", lambda m: f'floor(extract(epoch from {m[1]})/{units[m[2]]})*{units[m[2]]} AS "time"', sql)

    def put(m):
        given = values[m[1]]
        given = given if isinstance(given, list) else [given]
        if m[2] == "doublequote":
            return ",".join('"' + each.replace('"', '\\"') + '"' for each in given)
        if m[2] == "sqlstring":
            return ",".join("'" + each.replace("'", "''") + "'" for each in given)
        raise SystemExit(f"not ok - grafana: format {m[2]}")
    sql = re.sub(r"\$\{(\w+)(?::(\w+))?\}", put, sql)
    if "$" in sql:
        raise SystemExit(f"not ok - grafana: something was not replaced: {sql}")
    return sql


class Board:
    def __init__(self, board, mart):
        self.connection = psycopg2.connect(user="mart_reader")
        self.connection.set_session(autocommit=True)
        self.board, self.mart, self.failed, self.asked = board, mart, 0, set()
        self.queries = {each["name"]: each["query"] for each in board["templating"]["list"]}
        self.statements = {each["title"]: each["targets"][0]["rawSql"] for each in board["panels"] if each["type"] != "row"}
        self.first, self.last = "0001-01-01", "2999-12-31"
        self.values = {"mart": mart}
        if "category" in self.queries:
            self.values["category"] = [row[0] for row in self.run(self.queries["category"])]
        self.values["dimension"] = self.run(self.queries["dimension"])[0][0]

    def run(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(as_grafana(sql, self.values, self.first, self.last))
            self.columns = [each.name for each in cursor.description]
            return cursor.fetchall()

    def plain(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql.replace("MART", self.mart))
            return cursor.fetchall()

    def ask(self, title):
        self.asked.add(title)
        return self.run(self.statements[title])

    def check(self, what, found, wanted):
        good = found == wanted and found not in ([], None, [(None,)])
        print(f"{'ok' if good else 'not ok'} - grafana: {self.mart}: {what}")
        if not good:
            self.failed += 1
            print(f"    found  {str(found)[:500]}\n    wanted {str(wanted)[:500]}", file=sys.stderr)


def cards(b, what, wanted):
    b.check(f"key figures, {what}", [b.ask(title)[0][0] for title in ("Revenue", "Purchases", "Customers")] + [round(b.ask("Average purchase")[0][0], 6)],
            [each if not isinstance(each, Decimal) or i < 3 else round(each, 6) for i, each in enumerate(b.plain(wanted)[0])])


def both(b):
    b.check("the marts to choose", b.run(b.queries["mart"]), [(b.mart,)])
    b.check("the categories to choose", b.values["category"], [row[0] for row in b.plain("SELECT coalesce(category, '(none)') FROM MART.fact_purchase UNION SELECT '(none)' ORDER BY 1")])
    b.check("revenue can be split by category, and by others", (b.values["dimension"], len(b.run(b.queries["dimension"])) > 3), ("category", True))
    cards(b, "of all", "SELECT revenue, purchases, customers, average_amount FROM MART.kpi_total")
    every = b.values["category"]
    one = b.plain("SELECT value FROM MART.breakdown WHERE dimension = 'category' ORDER BY revenue LIMIT 1")[0][0]
    b.values["category"] = [one]
    cards(b, "of one category", f"SELECT revenue, purchases, customers, average_amount FROM MART.breakdown WHERE dimension = 'category' AND value = '{one}'")
    b.check("products of one category", [tuple(row[:5]) for row in b.ask("Products")],
            b.plain(f"SELECT category, product, purchases, customers, revenue FROM MART.dim_product WHERE category = '{one}' ORDER BY revenue DESC, product LIMIT 50"))
    b.values["category"] = every
    for dimension, in b.run(b.queries["dimension"]):
        b.values["dimension"] = dimension
        column = dimension + "_label" if dimension in ("subscribed", "discounted", "returned") else dimension
        b.check(f"revenue by {dimension}, as the rows have it", sorted(b.ask("Revenue by ${dimension}"), key=str),
                sorted(b.plain(f"SELECT coalesce({column}::text, '(none)'), sum(amount) FROM MART.fact_purchase GROUP BY 1 ORDER BY 2 DESC NULLS LAST LIMIT 20"), key=str))
    b.values["dimension"] = "category"
    b.check("what follows", b.ask("What follows"), b.plain("SELECT sentence, severity FROM mart_findings('MART')"))
    checks = b.ask("Checks of the data")
    # the practice data fail none
    b.check("checks of the data", (len(checks), [row[:3] for row in checks]), (lambda rows: (len(rows), rows))(b.plain("SELECT check_name, subject, row_count FROM MART.data_quality WHERE check_name <> 'rows' AND check_name <> 'no column' AND check_name <> 'view cannot be made' AND row_count > 0 ORDER BY row_share DESC NULLS LAST, check_name, subject")))


def store(board):
    b = Board(board, "store")
    both(b)
    b.check("revenue by day: all of it", [(sum(row[1] for row in b.ask("Revenue by day")), len(b.ask("Revenue by day")))],
            b.plain("SELECT sum(revenue), count(*) FROM MART.kpi_day WHERE revenue IS NOT NULL AND day IN (SELECT purchased_at::date FROM MART.fact_purchase)"))
    month, = b.plain("SELECT month_start FROM MART.kpi_month WHERE complete ORDER BY month_start DESC LIMIT 1")[0]
    after = (month + datetime.timedelta(days=31)).replace(day=1)
    b.first, b.last = month, after - datetime.timedelta(days=1)
    cards(b, "of a month", f"SELECT revenue, purchases, (SELECT count(DISTINCT customer_id) FROM MART.fact_purchase WHERE date_trunc('month', purchased_at) = month_start), average_amount FROM MART.kpi_month WHERE month_start = '{month}'")
    days = b.ask("Revenue by day")
    epoch = datetime.datetime(1970, 1, 1)
    b.check("revenue by day, of a month", [((epoch + datetime.timedelta(seconds=int(t))).date(), r) for t, r in days],
            b.plain(f"SELECT day, revenue FROM MART.kpi_day WHERE day >= '{b.first}' AND day <= '{b.last}' AND day IN (SELECT purchased_at::date FROM MART.fact_purchase) ORDER BY 1"))
    b.check("times are called time, as Grafana has it", b.columns[0], "time")
    b.first, b.last = "0001-01-01", "2999-12-31"
    title = "Revenue by month: new and returning customers"
    b.check(title, b.ask(title), b.plain("SELECT month_start, new_revenue, returning_revenue FROM MART.kpi_month ORDER BY 1"))
    b.check("RFM segments: shares as counted", [(name, round(share, 12)) for name, share, _ in b.ask("RFM segments")],
            [(name, round(float(share), 12)) for name, share in b.plain("SELECT coalesce(rfm_segment, '(none)'), count(*)::float8 / sum(count(*)) OVER () FROM MART.dim_customer GROUP BY rfm_segment, rfm_segment_sort ORDER BY rfm_segment_sort NULLS LAST")])
    b.check("customers by state", [(row[0], sum(each or 0 for each in row[1:])) for row in b.ask("Customers by state")],
            b.plain("SELECT month_start, sum(customers) FROM MART.lifecycle GROUP BY 1 ORDER BY 1"))
    title = "Customers who order again, by months since the first order"
    b.check(title, [(m, round(r, 12)) for m, r in b.ask(title)],
            [(m, round(r, 12)) for m, r in b.plain("SELECT month_offset, sum(retention * cohort_size) / sum(cohort_size) FROM MART.cohort_retention WHERE complete AND month_offset BETWEEN 1 AND 12 GROUP BY 1 ORDER BY 1")])
    title = "Share of revenue of the best customers"
    b.check(title, [(name, round(each, 9)) for name, each in b.ask(title)],
            [(f"{p} %", round(float(s), 9)) for p, s in b.plain("SELECT customer_percentile, cumulative_revenue / max(cumulative_revenue) OVER () FROM MART.revenue_concentration ORDER BY 1") if p % 10 == 0 and p > 0] or None)
    b.check("revenue to be expected", [row[:4] for row in b.ask("Revenue to be expected")], b.plain("SELECT period_start, forecast, lower, upper FROM MART.revenue_forecast WHERE unit = 'month' ORDER BY step"))
    odd = b.ask("Odd days")
    b.check("odd days, as many as the view has", len(odd), b.plain("SELECT count(*) FROM MART.revenue_anomaly WHERE unit = 'day' AND anomaly_label = 'Yes'")[0][0])
    return b


def shop(board):
    b = Board(board, "shop")
    both(b)
    b.check("spend tiers", b.ask("Spend tiers"), b.plain("SELECT spend_tier, customer_share, revenue_share FROM MART.segment_spend ORDER BY spend_tier_sort"))
    b.check("who buys", b.ask("Who buys"), b.plain("SELECT sentence, severity FROM mart_findings('MART', '{}', 'customers')"))
    return b


def earned():
    """A mart with costs, of most lines, and with spend."""
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.execute("""CREATE TABLE earned_lines AS SELECT *, CASE WHEN order_id % 17 <> 0 THEN round(amount * (0.4 + (order_id % 5) / 10.0), 2) END AS cost FROM store_lines WHERE customer_id % 5 = 0;
            CREATE TABLE earned_spend AS SELECT date_trunc('month', g)::date AS month, c AS channel, (500 + 10 * extract(month FROM g))::numeric AS spend FROM generate_series('2024-03-01'::date, '2025-09-01', '1 month') g, unnest('{web,app}'::text[]) c;
            SELECT count(*) FROM create_mart('earned', 'earned_lines', dimensions => '{channel}', mode => 'kept');
            SELECT set_mart_spend('earned', 'earned_spend');
            SELECT grant_mart('earned', 'mart_reader');
            GRANT SELECT ON earned_lines, earned_spend TO mart_reader""")


def margins(board):
    b = Board(board, "earned")
    b.check("margins: the marts to choose", b.run(b.queries["mart"]), [(b.mart,)])
    b.check("margins: the cards", [b.ask("Margin")[0][0], round(b.ask("Margin of revenue")[0][0], 9), b.ask("Revenue")[0][0], round(b.ask("Lines with a known cost")[0][0], 9)],
            [each if i % 2 == 0 else round(type(each)(each), 9) for i, each in enumerate(b.plain("""SELECT sum(amount - cost), sum(amount - cost) / sum(amount) FILTER (WHERE cost IS NOT NULL), sum(amount), count(cost)::float8 / count(*) FROM earned_lines""")[0])])
    monthly = "SELECT date_trunc('month', purchased_at)::date AS m, sum(amount - cost) AS margin, sum(cost) AS cost, sum(amount - cost) / nullif(sum(amount) FILTER (WHERE cost IS NOT NULL), 0) AS rate FROM earned_lines GROUP BY 1"
    b.check("margin by period", b.ask("Margin by period"), b.plain(f"SELECT m, margin, cost FROM ({monthly}) x ORDER BY 1"))
    b.check("margin of revenue by period", [(m, round(float(r), 9)) for m, r in b.ask("Margin of revenue by period")], [(m, round(float(r), 9)) for m, r in b.plain(f"SELECT m, rate FROM ({monthly}) x ORDER BY 1")])
    month, = b.plain("SELECT max(date_trunc('month', purchased_at))::date FROM earned_lines")[0]
    b.first = b.last = month
    b.check("the margin of a month", b.ask("Margin"), b.plain(f"SELECT margin FROM ({monthly}) x WHERE m = '{month}'"))
    b.first, b.last = "0001-01-01", "2999-12-31"
    for dimension, column in ("category", "category"), ("gender", "gender"), ("product", "product"):
        b.values["dimension"] = dimension
        b.check(f"margin by {dimension}", b.ask("Margin by ${dimension}"), b.plain(f"SELECT coalesce({column}::text, '(none)'), sum(amount - cost) FROM earned_lines GROUP BY 1 HAVING sum(amount - cost) IS NOT NULL ORDER BY 2 DESC, 1 LIMIT 20"))
        b.check(f"revenue, cost and margin by {dimension}", [row[:4] for row in b.ask("Revenue, cost and margin by ${dimension}")],
                b.plain(f"SELECT coalesce({column}::text, '(none)'), sum(amount), sum(cost), sum(amount - cost) FROM earned_lines GROUP BY 1 ORDER BY 4 DESC NULLS LAST, 1 LIMIT 200"))
    return b


def payback(board):
    b = Board(board, "earned")
    b.check("payback: the marts to choose", b.run(b.queries["mart"]), [(b.mart,)])
    b.check("payback: by month and by channel", [row[0] for row in b.run(b.queries["dimension"])], ["first_month", "channel"])
    came = """WITH first AS (SELECT customer_id, min(date_trunc('month', purchased_at)) AS m FROM earned_lines WHERE amount >= 0 GROUP BY 1),
        months AS (SELECT s.m, s.spend, count(f.customer_id) AS n FROM (SELECT month AS m, sum(spend) AS spend FROM earned_spend GROUP BY 1) s LEFT JOIN first f ON f.m = s.m GROUP BY s.m, s.spend)"""
    b.check("payback: the cards", [b.ask(title)[0][0] for title in ("Spent", "Customers who came")] + [round(b.ask("Cost of a customer")[0][0], 9)],
            [each if i < 2 else round(each, 9) for i, each in enumerate(b.plain(came + " SELECT sum(spend), sum(n), sum(spend) / sum(n) FROM months")[0])])
    b.check("what a customer cost by month", [(v, round(c, 6)) for v, c, _ in b.ask("What a customer cost and earned by ${dimension}") if c is not None],
            [(v, round(c, 6)) for v, c in b.plain(came + " SELECT to_char(m, 'YYYY-MM'), spend / n FROM months WHERE n > 0 ORDER BY 1")])
    rows = b.ask("Payback by ${dimension}")
    b.check("payback by month", [row[:3] for row in rows], b.plain(came + " SELECT to_char(m, 'YYYY-MM'), spend, n FROM months ORDER BY 1"))
    b.check("the share that is paid back", round(b.ask("Paid back")[0][0], 9), round(sum(row[-1] == "paid back" for row in rows) / len(rows), 9) or None)
    b.values["dimension"] = "channel"
    b.check("what was spent by channel", [row[:2] for row in b.ask("Payback by ${dimension}") if row[1]], b.plain("SELECT channel, sum(spend) FROM earned_spend GROUP BY 1 ORDER BY 1"))
    return b


match sys.argv[1:]:
    case ["structure", folder]:
        problems = list(structure(folder))
        print("\n".join(problems), end="\n" if problems else "")
        sys.exit(bool(problems))
    case ["ask", folder]:
        boards = dashboards(folder)
        ran = [store(boards["purchase-trends"]), shop(boards["purchase-trends-undated"])]
        earned()
        ran += [margins(boards["purchase-trends-margins"]), payback(boards["purchase-trends-payback"])]
        for b in ran:
            b.check("every statement was asked", b.asked, set(b.statements))
        sys.exit(any(b.failed for b in ran))
    case _:
        sys.exit(__doc__)
