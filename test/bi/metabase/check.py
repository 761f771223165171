"""bi/metabase: what its questions answer, and what its script asks of a server.

check.py ask       every question as mart_reader, with variables put in as Metabase puts them; against plain SQL over the source
check.py serve     the script against a server of this test, on 127.0.0.1, that keeps what it is asked
Lines "ok", "not ok"."""
import http.server
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import psycopg2

HERE = Path(__file__).resolve().parents[3] / "bi/metabase"
spec = importlib.util.spec_from_file_location("install", HERE / "install.py")
install = importlib.util.module_from_spec(spec)
spec.loader.exec_module(install)
failed = False


def check(what, found, wanted):
    global failed
    good = found == wanted and found not in (None, [], [(None,)], {})
    print(f"{'ok' if good else 'not ok'} - metabase: {what}")
    if not good:
        failed = True
        print(f"    found  {str(found)[:600]}\n    wanted {str(wanted)[:600]}", file=sys.stderr)


# --- Questions --------------------------------------------------------------------

def as_metabase(made, mart, given):
    """[[...]] goes with its variable; a variable is a literal, a field filter a condition."""
    def literal(value):
        return str(value) if isinstance(value, (int, float)) else "'" + value.replace("'", "''") + "'"

    def put(match):
        name = match[1]
        each = made["variables"][name]
        value = given.get(name, each["more"][0] if each["more"] and each["kind"] != "field" else None)
        if value is None:
            raise KeyError(name)
        if each["kind"] == "field":
            view, column = each["more"][0].split(".")
            column = f'"{mart}"."{view}"."{column}"'
            if isinstance(value, tuple):
                return f"{column} BETWEEN {literal(value[0])} AND {literal(value[1])}"
            return f"{column} = {literal(value)}"
        if each["kind"] == "number":
            return str(float(value) if "." in str(value) else int(value))
        return literal(value) if each["kind"] != "date" else f"date {literal(value)}"

    def clause(match):
        try:
            return re.sub(r"\{\{(\w+)\}\}", put, match[1])
        except KeyError:
            return ""
    sql = re.sub(r"\[\[(.*?)\]\]", clause, install.sql_of(made, mart), flags=re.S)
    return re.sub(r"\{\{(\w+)\}\}", put, sql)


def questions():
    reader, owner = psycopg2.connect(user="mart_reader"), psycopg2.connect("")
    reader.set_session(autocommit=True)
    owner.set_session(autocommit=True, readonly=True)
    files = {made["file"][3:-4]: made for made in install.questions()}
    asked = set()

    def plain(sql):
        with owner.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def ask(name, mart, columns=None, **given):
        asked.add((name, frozenset(given)))
        with reader.cursor() as cursor:
            cursor.execute(as_metabase(files[name], mart, given))
            names = [each.name for each in cursor.description]
            for used in files[name]["display"][1:]:
                if used not in names:
                    check(f"{name}: the plot's column {used} is there", used, names)
            rows = cursor.fetchall()
            return rows if columns is None else [tuple(row[:columns]) for row in rows]

    kpi = "SELECT count(DISTINCT customer_id), {n}, sum({a}), sum({a}) FILTER (WHERE {a} >= 0)::numeric / {n} FROM {t} WHERE {w}"
    for mart, table, amount, orders in (("shop", "clean_purchases", "purchase_amount", "count(*)"), ("store", "store_lines", "amount", "count(DISTINCT order_id) FILTER (WHERE amount >= 0)")):
        def figures(where):
            return [tuple(each if i < 3 else round(each, 6) for i, each in enumerate(plain(kpi.format(n=orders, a=amount, t=table, w=where))[0]))]

        def rounded(rows):
            return [(*row[:3], round(row[3], 6)) for row in rows]
        category = plain(f"SELECT min(category) FROM {table}")[0][0]
        check(f"{mart}: key figures", rounded(ask("key_figures", mart)), figures("true"))
        check(f"{mart}: key figures of a category and a gender", rounded(ask("key_figures", mart, category=category, gender="Female")), figures(f"category = '{category}' AND gender = 'Female'"))
        check(f"{mart}: revenue by category, as its default", [(row[0], row[1]) for row in ask("revenue_by", mart)], plain(f"SELECT category, sum({amount}) FROM {table} GROUP BY 1 ORDER BY 2 DESC"))
        check(f"{mart}: revenue by gender", [(row[0], row[1]) for row in ask("revenue_by", mart, dimension="gender", least=1)], plain(f"SELECT gender, sum({amount}) FROM {table} GROUP BY 1 ORDER BY 2 DESC"))
        check(f"{mart}: nothing has so many purchases", len(ask("revenue_by", mart, dimension="gender", least=10000000)), 0)
        product = "item_purchased" if mart == "shop" else "product"
        top = plain(f"SELECT category, {product}, sum({amount}) FROM {table} WHERE {product} IS NOT NULL GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT 20")
        check(f"{mart}: products", [(row[0], row[1], row[4]) for row in ask("products", mart)], top)
        word = top[0][1][1:4].upper()
        check(f"{mart}: products of a category with a word", [(row[0], row[1], row[4]) for row in ask("products", mart, category=top[0][0], word=word, most=3)],
              plain(f"SELECT category, {product}, sum({amount}) FROM {table} WHERE category = '{top[0][0]}' AND {product} ILIKE '%{word}%' GROUP BY 1, 2 ORDER BY 3 DESC, 2 LIMIT 3"))
        check(f"{mart}: a quote in a variable is text", len(ask("products", mart, category="x' OR 'x'='x")), 0)
        check(f"{mart}: what follows", [row[::-1] for row in ask("what_follows", mart, page="customers")], plain(f"SELECT sentence, severity FROM mart_findings('{mart}', '{{}}', 'customers')"))
        check(f"{mart}: spend tiers", sum(row[1] for row in ask("spend_tiers", mart)), plain(f"SELECT count(DISTINCT customer_id) FROM {table} WHERE {amount} >= 0")[0][0])
        check(f"{mart}: discounts by category", sorted(ask("discount", mart, 3, scope="category")),
              plain(f"SELECT category, count(*) FILTER (WHERE {'discount_applied' if mart == 'shop' else 'discounted'}), count(*) FILTER (WHERE NOT {'discount_applied' if mart == 'shop' else 'discounted'}) FROM {table} WHERE {amount} >= 0 GROUP BY 1 ORDER BY 1"))
    months = plain("SELECT date_trunc('month', purchased_at)::date, sum(amount) FROM store_lines GROUP BY 1 ORDER BY 1")
    check("store: revenue by month", ask("revenue_by_month", "store", 2), months)
    check("store: of some months", ask("revenue_by_month", "store", 2, first=str(months[2][0]), last=str(months[4][0])), months[2:5])
    days = "SELECT purchased_at::date, sum(amount) FROM store_lines WHERE {} GROUP BY 1 ORDER BY 1"
    check("store: revenue by day", ask("revenue_of_days", "store"), plain(days.format("true")))
    between = (str(months[2][0]), str(months[3][0]))
    check("store: of some days and a category", ask("revenue_of_days", "store", purchased_at=between, category=category), plain(days.format(f"purchased_at BETWEEN '{between[0]}' AND '{between[1]}' AND category = '{category}'")))
    check("store: segments", sum(row[1] for row in ask("segments", "store")), plain("SELECT count(DISTINCT customer_id) FROM store_lines WHERE amount IS NOT NULL")[0][0])
    best = plain("SELECT customer_id::text, sum(amount) FROM store_lines GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 100")
    check("store: the best hundred customers", sorted((str(row[0]), row[3]) for row in ask("customers", "store")), sorted(best))
    late = ask("customers", "store", late="Yes", segment=plain("SELECT rfm_segment FROM store.dim_customer WHERE late GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0][0], most=100000)
    check("store: who is late of a segment", len(late), plain("SELECT max(n) FROM (SELECT count(*) AS n FROM store.dim_customer WHERE late GROUP BY rfm_segment) s")[0][0])
    again = """WITH f AS (SELECT customer_id, min(date_trunc('month', purchased_at)) AS m FROM store_lines WHERE amount >= 0 GROUP BY 1),
        a AS (SELECT DISTINCT f.m, l.customer_id, date_trunc('month', l.purchased_at) AS n FROM store_lines l JOIN f USING (customer_id) WHERE l.amount >= 0),
        s AS (SELECT m, count(*) AS size FROM f GROUP BY 1)
        SELECT k, (sum((SELECT count(*) FROM a WHERE a.m = s.m AND a.n = s.m + k * interval '1 month'))::float8 / sum(size)) FROM s CROSS JOIN generate_series(1, 12) k
        WHERE s.m + (k + 1) * interval '1 month' <= (SELECT as_of FROM store.kpi_total) AND s.m >= '{}' GROUP BY 1 ORDER BY 1"""
    for first in (None, str(months[3][0])):
        found = ask("retention", "store", **({"first": first} if first else {}))
        check(f"store: who orders again{', of later cohorts' if first else ''}", [(k, round(r, 12)) for k, r in found], [(k, round(r, 12)) for k, r in plain(again.format(first or "0001-01-01"))])
    check("store: revenue to be expected", ask("forecast", "store"), plain("SELECT period_start, forecast, lower, upper FROM store.revenue_forecast WHERE unit_sort = (SELECT unit_sort FROM store.revenue_forecast WHERE unit = 'month' LIMIT 1) ORDER BY step"))
    check("every question was asked, and with every variable of it", sorted(name for name, made in files.items()
          if set(made["variables"]) <= {each for other, names in asked if other == name for each in names} | {n for n, v in made["variables"].items() if v["more"] and v["kind"] != "field"} and any(other == name for other, _ in asked)), sorted(files))


# --- The script -------------------------------------------------------------------

class Fake(http.server.BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_GET(self):
        self.answer()
    do_POST = do_PUT = do_GET

    def answer(self):
        server = self.server
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(min(length, 1 << 20))) if length else None
        path = self.path.split("?")[0]
        server.seen.append((self.command, path, body, self.headers.get("x-api-key"), self.headers.get("X-Metabase-Session")))
        status, found = 200, {}
        key = (self.command, re.sub(r"\d+", "N", path))
        if path != "/api/session" and self.headers.get("x-api-key") != "key" and self.headers.get("X-Metabase-Session") != "session":
            status, found = 401, "Unauthenticated"
        elif key == ("POST", "/api/session"):
            found = {"id": "session"} if body == {"username": "a@b.c", "password": "word"} else {}
        elif key == ("GET", "/api/database"):
            found = {"data": [{"id": 2, "name": "Sample", "engine": "h2"}, {"id": 7, "name": "demo", "engine": "postgres"}], "total": 2}
        elif key == ("GET", "/api/database/N/metadata"):
            found = {"tables": server.tables}
        elif key == ("GET", "/api/collection"):
            found = [{"id": "root", "name": "Our analytics"}, *server.collections]
        elif key == ("POST", "/api/collection"):
            found = {"id": 30, "name": body["name"]}
            server.collections.append(found)
        elif key == ("GET", "/api/collection/N/items"):
            found = {"data": [{"id": i, "name": b["name"], "model": "dataset" if b["type"] == "model" else "card"} for i, b in server.cards.items()]}
        elif key == ("POST", "/api/card"):
            found = {"id": 100 + len(server.cards)}
            server.cards[found["id"]] = body
        elif key == ("PUT", "/api/card/N") and int(path.rsplit("/", 1)[1]) in server.cards:
            server.cards[int(path.rsplit("/", 1)[1])] = body
        elif key not in {("PUT", "/api/table/N"), ("PUT", "/api/field/N"), ("POST", "/api/database/N/sync_schema")}:
            status, found = 404, "Not found."
        text = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


def metadata():
    """What Metabase would have found in the database: tables and their fields."""
    with psycopg2.connect("").cursor() as cursor:
        cursor.execute("""SELECT n.nspname, c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
            WHERE n.nspname IN ('shop', 'store') AND c.relkind IN ('v', 'r') AND has_table_privilege('mart_reader', c.oid, 'SELECT') ORDER BY 1, 2, a.attnum""")
        tables, number = {}, 1000
        for schema, table, column in cursor.fetchall():
            entry = tables.setdefault((schema, table), {"id": 10 + len(tables), "schema": schema, "name": table, "fields": []})
            number += 1
            entry["fields"].append({"id": number, "name": column})
        return list(tables.values())


def script():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Fake)
    server.daemon_threads = True
    server.seen, server.collections, server.cards, server.tables = [], [], {}, metadata()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = {"PATH": os.environ["PATH"], "METABASE_URL": f"http://127.0.0.1:{server.server_port}", "METABASE_DATABASE": "demo"}

    def run(*arguments, **more):
        server.seen.clear()
        return subprocess.run([sys.executable, str(HERE / "install.py"), *arguments], env={**base, **more}, capture_output=True, text=True, timeout=60, check=False)
    ids = {(t["schema"], t["name"]): t["id"] for t in server.tables}
    fields = {(t["schema"], t["name"], f["name"]): f["id"] for t in server.tables for f in t["fields"]}
    user = {"METABASE_USER": "a@b.c", "METABASE_PASSWORD": "word"}

    done = run("store", "--currency", "EUR", **user)
    check("the script ends well, in words", (done.returncode, done.stderr, bool(re.fullmatch(r"store: \d+ views, 5 models and 12 questions\n", done.stdout))), (0, "", True))
    print(done.stdout, done.stderr, file=sys.stderr) if done.returncode else None
    seen = {(m, p): b for m, p, b, *_ in server.seen}
    check("it signs in with the user, and then by the session", (server.seen[0][:2], {each[4] for each in server.seen[1:]}), (("POST", "/api/session"), {"session"}))
    put = {name: seen.get(("PUT", f"/api/field/{fields['store', *name]}")) for name in [
        ("fact_purchase", "amount"), ("fact_purchase", "customer_id"), ("dim_customer", "customer_id"), ("breakdown", "revenue_share"), ("segment_rfm", "rfm_segment_sort"), ("fact_purchase", "category"), ("kpi_total", "average_amount")]}
    check("keys, money, shares and labels", [put[each]["semantic_type"] for each in list(put)[:4]] + [put["fact_purchase", "category"]["semantic_type"]], ["type/Currency", "type/FK", "type/PK", "type/Percentage", "type/Category"])
    check("a foreign key has its target", put["fact_purchase", "customer_id"]["fk_target_field_id"], fields["store", "dim_customer", "customer_id"])
    check("money has its currency", put["fact_purchase", "amount"]["settings"]["currency"], "EUR")
    check("sort numbers are hidden", put["segment_rfm", "rfm_segment_sort"]["visibility_type"], "details-only")
    contract = json.loads((HERE.parent / "contract.json").read_text(encoding="utf-8"))
    wanted = {(v["view"], c["column"]): c["description"] for v in contract["kinds"]["dated"]["views"] for c in v["columns"] if ("store", v["view"], c["column"]) in fields}
    got = {(v, c): (seen.get(("PUT", f"/api/field/{fields['store', v, c]}")) or {}).get("description") for v, c in wanted}
    check(f"descriptions of {len(wanted)} columns are those of bi/contract.json", {k: v for k, v in got.items() if v != wanted[k]} or "all", "all")
    check("what is no view for people is hidden", seen[("PUT", f"/api/table/{ids['store', 'mart']}")], {"visibility_type": "hidden"})
    check("nothing of the other mart is touched", [p for m, p, *_ in server.seen if m == "PUT" and p in {f"/api/table/{i}" for (s, _), i in ids.items() if s != "store"} | {f"/api/field/{i}" for (s, *_), i in fields.items() if s != "store"}] or "nothing", "nothing")
    models = {b["name"]: b for b in server.cards.values() if b["type"] == "model"}
    check("models of tables", {name: b["dataset_query"] for name, b in models.items()},
          {title: {"type": "query", "database": 7, "query": {"source-table": ids["store", view]}} for view, title in install.MODELS.items()})
    native = {b["name"]: b for b in server.cards.values() if b["type"] == "question"}
    check("questions are native, of the database, in the collection", {(b["dataset_query"]["type"], b["dataset_query"]["database"], b["collection_id"]) for b in native.values()}, {("native", 7, 30)})
    tags = native["Revenue by day"]["dataset_query"]["native"]["template-tags"]
    check("a field filter knows its column", (tags["purchased_at"]["type"], tags["purchased_at"]["dimension"]), ("dimension", ["field", fields["store", "fact_purchase", "purchased_at"], None]))
    check("every variable of a statement has its tag", {name: sorted(b["dataset_query"]["native"]["template-tags"]) for name, b in native.items()},
          {name: sorted(set(re.findall(r"\{\{(\w+)\}\}", b["dataset_query"]["native"]["query"]))) for name, b in native.items()})
    check("no statement has a placeholder left", [name for name, b in native.items() if "MART" in b["dataset_query"]["native"]["query"]] or "none", "none")
    before = json.dumps(server.cards, sort_keys=True)
    done = run("store", "--currency", "EUR", METABASE_API_KEY="key")
    check("again, by API key: the same, and nothing twice", (done.returncode, json.dumps(server.cards, sort_keys=True) == before, [p for m, p, *_ in server.seen if m == "POST"]), (0, True, []))
    server.cards.clear()
    done = run("shop", "--dry-run", **user)
    check("a dry run changes nothing", (done.returncode, {(m, p) for m, p, *_ in server.seen if m != "GET"}, "POST /api/card" in done.stdout), (0, {("POST", "/api/session")}, True))
    done = run("shop", **user)
    check("a mart without times has six questions, and says what is left out", (done.returncode, re.sub(r"\d+ views", "N views", done.stdout).strip()),
          (0, "shop: N views, 3 models and 6 questions; without views for: Revenue by month, Revenue by day, RFM segments, Customers to act on, Who orders again, Revenue to be expected"))
    amount = next(b for m, p, b, *_ in server.seen if p == f"/api/field/{fields['shop', 'fact_purchase', 'amount']}")
    check("without a currency money is no currency", (amount["semantic_type"], "settings" in amount, amount["display_name"]), (None, False, "Amount"))
    for what, arguments, more, words in (
            ("no password", ["shop"], {}, "set METABASE_API_KEY"), ("a wrong key", ["shop"], {"METABASE_API_KEY": "no"}, "401"),
            ("no such database", ["shop"], {**user, "METABASE_DATABASE": "nope"}, "Sample, demo"), ("a database of another kind", ["shop"], {**user, "METABASE_DATABASE": "Sample"}, "no PostgreSQL"),
            ("a mart that Metabase has not seen", ["new"], user, "told to look"), ("no server", ["shop"], {**user, "METABASE_URL": "http://127.0.0.1:1"}, "does not answer"),
            ("a file as address", ["shop"], {**user, "METABASE_URL": "file:///etc/passwd"}, "must begin with http"), ("no currency", ["shop", "--currency", "euro"], user, "ISO code")):
        done = run(*arguments, **more)
        check(f"{what}: an error in words", (done.returncode != 0, words in done.stderr, "Traceback" in done.stderr), (True, True, False))
    server.shutdown()


match sys.argv[1:]:
    case ["ask"]:
        questions()
    case ["serve"]:
        script()
    case _:
        sys.exit(__doc__)
sys.exit(failed)
