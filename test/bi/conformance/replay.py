#!/usr/bin/python3
"""Replays bi/conformance/{powerbi,metabase,grafana}.sql and bi/questions/*.sql as the
reading role, and asks SQLAlchemy's inspector, which is what Superset uses.

Every answer is compared with the system catalogs or with plain SQL over the
source tables, both asked as a superuser.
"""
import datetime
import os
import re
import sys

import psycopg2
import pyodbc
import sqlalchemy

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../bi/conformance")
HOST, PORT, DATABASE = os.environ["BI_HOST"], os.environ["BI_PORT"], os.environ["BI_DATABASE"]
READER = os.environ["BI_USER"]
SKIP = os.environ["BI_SKIP"].split()
TYPES = {"boolean", "smallint", "integer", "bigint", "numeric", "double precision", "text", "date",
         "timestamp without time zone"}

# mart: the source, and the rows of it that the mart looks at
SOURCES = {
    "shop": ("clean_purchases", "purchase_amount", "true"),
    "store": ("store_lines", "amount", "true"),
    "edge": ("edge_lines", "amount", "purchased_at IS NOT NULL"),
}

owner = psycopg2.connect(dbname=DATABASE)       # PGHOST, PGUSER: the superuser
owner.autocommit = True
failed = False


def check(what, expected, actual):
    global failed
    if expected == actual and actual not in ([], {}, None, set()):
        print(f"ok - {what}")
    else:
        failed = True
        print(f"not ok - {what}")
        if isinstance(expected, list) and isinstance(actual, list):
            expected, actual = ([x for x in expected if x not in actual], [x for x in actual if x not in expected])
        print(f"    expected {str(expected)[:600]}\n    found    {str(actual)[:600]}", file=sys.stderr)


def check_none(what, actual):
    check(what, "none", "none" if not actual else actual)


def plain(sql, *parameters):
    with owner.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def statements(tool):
    """The statements of a file by their names."""
    with open(os.path.join(FOLDER, tool + ".sql"), encoding="utf-8") as file:
        parts = re.split(r"^-- statement: (.*)\n", file.read(), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class Reader:
    def __init__(self, tool, user="mart_reader"):
        self.statements = statements(tool)
        self.asked = set()
        self.connection = psycopg2.connect(host=HOST, port=PORT, dbname=DATABASE, user=user)
        self.connection.autocommit = True

    def ask(self, name, mart="", before=""):
        """Rows of a statement; :'mart' and :"mart" are psql's."""
        self.asked.add(name)
        sql = self.statements[name].replace(":'mart'", f"'{mart}'").replace(':"mart"', f'"{mart}"')
        with self.connection.cursor() as cursor:
            cursor.execute(before + sql)
            return cursor.fetchall() if cursor.description else None

    def all_asked(self, tool):
        check(f"{tool}: every statement was replayed", set(self.statements), self.asked)


def nodes(plan):
    yield plan["Node Type"]
    for child in plan.get("Plans", []):
        yield from nodes(child)


def power_bi():
    r = Reader("powerbi")
    oids = {row[2] for row in r.ask("types")}
    check("Power BI: loading the types finds those of the contract",
          {o for o, in plain("SELECT unnest(%s::regtype[])::oid", list(TYPES))},
          oids & {o for o, in plain("SELECT unnest(%s::regtype[])::oid", list(TYPES))})
    r.ask("composite fields")
    r.ask("enum labels")
    check("Power BI: the character set is UTF8", [("UTF8",)], r.ask("character set"))

    expected = plain("""SELECT n.nspname, c.relname, CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('shop', 'store', 'edge') AND c.relkind IN ('v', 'r')
            AND has_table_privilege(%s, c.oid, 'SELECT') ORDER BY 1, 2""", READER)
    listed = r.ask("navigator")
    check("Power BI: the navigator lists all views of the marts, and no materialized one",
          expected, [row for row in listed if row[0] != "public"])
    check_none("Power BI: it does not list the tables that the marts are made of",
               [row for row in listed if row[1] in ("clean_purchases", "raw_purchases", "store_lines", "edge_lines")])

    for mart, (source, amount, where) in SOURCES.items():
        columns = r.ask("columns", mart)
        check(f"Power BI: {mart}: columns in their order, of types that it knows by name",
              plain("""SELECT c.relname, a.attname, a.attnum::int, a.atttypid::regtype::text
                  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                  WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'v' AND c.relname <> ALL (%s)
                      AND a.atttypid::regtype::text = ANY (%s)
                  ORDER BY c.relname COLLATE "C", a.attnum""", mart, SKIP, list(TYPES)),
              [(t, c, p, kind) for t, c, p, _, kind in sorted(columns, key=lambda x: (x[0], x[2]))
               if t not in SKIP + ["mart", "dimension_value", "fitted_model", "kept_cube"]])
        check(f"Power BI: {mart}: every column of a view may be NULL", {"YES"},
              {nullable for t, _, _, nullable, _ in columns if t not in ("mart", "dimension_value", "fitted_model", "kept_cube")})
        check_none(f"Power BI: {mart}: it finds no keys, so relationships have to be declared",
                   r.ask("keys", mart) + r.ask("foreign keys", mart))
        total, rows, customers, nulls = plain(
            f"SELECT sum(round({amount}, 2)), count(*), count(DISTINCT customer_id), count(*) - count(customer_id)"
            f" FROM {source} WHERE {where}")[0]
        check(f"Power BI: {mart}: the preview has 1,000 rows", 1000, len(r.ask("preview", mart)))
        if mart != "store":
            check(f"Power BI: {mart}: the import has every row of the source", rows, len(r.ask("import", mart)))
        check(f"Power BI: {mart}: DirectQuery's sum is that of the source, and of kpi_total",
              [(total,)] * 2, r.ask("directquery card", mart) + plain(f"SELECT revenue FROM {mart}.kpi_total"))
        check(f"Power BI: {mart}: DirectQuery's distinct count is that of the source",
              [(customers + (nulls > 0),)], r.ask("directquery distinct", mart))
        check(f"Power BI: {mart}: DirectQuery's bars are those of the source",
              dict(plain(f"SELECT gender, sum(round({amount}, 2)) FROM {source} WHERE {where} GROUP BY 1"
                         f" HAVING sum({amount}) IS NOT NULL")),
              dict(r.ask("directquery group", mart)))
        check(f"Power BI: {mart}: DirectQuery's bars under a slicer are those of the source",
              dict(plain(f"SELECT category, sum(round({amount}, 2)) FROM {source}"
                         f" WHERE {where} AND gender = 'Female' GROUP BY 1")),
              dict(r.ask("directquery slicer", mart)))
        check(f"Power BI: {mart}: DirectQuery's semijoin is an IN of the source",
              dict(plain(f"SELECT gender, sum(round({amount}, 2)) FROM {source} WHERE {where} AND category IN"
                         f" (SELECT min(category) FROM {source} UNION SELECT max(category) FROM {source}) GROUP BY 1")),
              dict(r.ask("directquery semijoin", mart)))
        for name in ("directquery card", "directquery distinct", "directquery group", "directquery slicer"):
            plan = list(nodes(r.ask(name, mart, "EXPLAIN (FORMAT JSON) ")[0][0][0]["Plan"]))
            check_none(f"Power BI: {mart}: {name} has no join", [n for n in plan if "Join" in n or n == "Nested Loop"])

    # the null-safe join: right, but slow (66,667 x 5,000 rows of store would take minutes)
    for mart in ("shop", "edge"):
        source, amount, where = SOURCES[mart]
        check(f"Power BI: {mart}: DirectQuery's join gives the revenue of segment_age",
              dict(plain(f"SELECT age_group, revenue FROM {mart}.segment_age WHERE age_group IS NOT NULL")),
              {k: v for k, v in r.ask("directquery join", mart) if k is not None})
    if owner.server_version < 170000:
        plan = list(nodes(r.ask("directquery join", "shop", "EXPLAIN (FORMAT JSON) ")[0][0][0]["Plan"]))
        check("Power BI: DirectQuery's join of two views is a nested loop, as docs/bi.md warns",
              ["Nested Loop"], [n for n in plan if "Join" in n or n == "Nested Loop"])
    r.ask("reset")
    r.all_asked("Power BI")


def metabase():
    r = Reader("metabase")
    listed = {(s, n): (k, d) for s, n, k, d in r.ask("tables")}
    check("Metabase: sync finds all views of the marts, the materialized one, and their comments",
          {(s, n): (k, d) for s, n, k, d in plain("""SELECT n.nspname, c.relname, c.relkind, obj_description(c.oid)
              FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
              WHERE n.nspname IN ('shop', 'store', 'edge') AND c.relkind IN ('v', 'r', 'm')
                  AND has_table_privilege(%s, c.oid, 'SELECT')""", READER)},
          {key: value for key, value in listed.items() if key[0] != "public"})
    check_none("Metabase: it does not find the tables that the marts are made of",
               [n for s, n in listed if n in ("clean_purchases", "raw_purchases", "store_lines", "edge_lines")])
    for mart, (source, amount, where) in SOURCES.items():
        fields = r.ask("fields", mart)
        check(f"Metabase: {mart}: every column of a view has its comment",
              plain("""SELECT c.relname, a.attname, col_description(c.oid, a.attnum)
                  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
                  WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'v'
                  ORDER BY c.relname COLLATE "C", a.attnum""", mart),
              [(t, c, d) for t, p, c, _, d in sorted(fields) if t not in ("mart", "dimension_value", "fitted_model", "kept_cube")])
        check_none(f"Metabase: {mart}: no column of a view is without a comment",
                   [(t, c) for t, _, c, _, d in fields if not d and t not in ("mart", "dimension_value", "fitted_model", "kept_cube")])
        check_none(f"Metabase: {mart}: it finds no keys and no enums", r.ask("keys", mart) + r.ask("enums", mart))
        rows = plain(f"SELECT count(*) FROM {source} WHERE {where}")[0][0]
        check(f"Metabase: {mart}: fingerprint reads up to 10,000 rows", min(rows, 10000), len(r.ask("fingerprint", mart)))
        check(f"Metabase: {mart}: count is that of the source", [(rows,)], r.ask("count", mart))
        check(f"Metabase: {mart}: the values of a filter are those of the source",
              plain(f"SELECT DISTINCT category FROM {source} WHERE {where} ORDER BY 1"), r.ask("field values", mart))
        if mart != "shop":
            check(f"Metabase: {mart}: revenue by month is that of the source",
                  plain(f"SELECT date_trunc('month', purchased_at), sum(round({amount}, 2)) FROM {source}"
                        f" WHERE {where} GROUP BY 1 ORDER BY 1"), r.ask("summarize", mart))
        if mart == "edge":
            check("Metabase: edge: a filter on a flag is that of the source",
                  plain(f"SELECT count(DISTINCT customer_id) FROM {source} WHERE {where} AND subscribed"), r.ask("filter", mart))
    r.all_asked("Metabase")


def grafana():
    for user in ("mart_reader", "mart_reader_odd"):
        r = Reader("grafana", user)
        check(f"Grafana: a time series of days is that of the source, as {user}",
              plain("""SELECT extract(epoch FROM purchased_at::date)::int, sum(amount) FROM store_lines
                  WHERE purchased_at::date BETWEEN '2024-03-01' AND '2024-03-31' GROUP BY 1 ORDER BY 1"""),
              r.ask("time series", "store"))
    r.all_asked("Grafana")


def sqlalchemy_inspector():
    engine = sqlalchemy.create_engine("postgresql+psycopg2://", creator=lambda: psycopg2.connect(
        host=HOST, port=PORT, dbname=DATABASE, user="mart_reader"))
    inspector = sqlalchemy.inspect(engine)
    check("SQLAlchemy: the schemas of the marts are there", {"shop", "store", "edge"},
          {"shop", "store", "edge"} & set(inspector.get_schema_names()))
    for mart in SOURCES:
        views = {v for v, in plain("SELECT viewname FROM pg_views WHERE schemaname = %s", mart)}
        found = set(inspector.get_view_names(schema=mart))
        check(f"SQLAlchemy: {mart}: get_view_names has all views, and the materialized one",
              views | ({"cached"} if mart == "edge" else set()), found)
        found -= {"cached", *SKIP}
        comments, columns, keys = {}, [], []
        for view in sorted(found):
            comments[view] = inspector.get_table_comment(view, schema=mart)["text"]
            columns += [(view, c["name"], str(c["type"]).replace("_", " "), c["comment"]) for c in inspector.get_columns(view, schema=mart)]
            keys += inspector.get_pk_constraint(view, schema=mart)["constrained_columns"]
            keys += inspector.get_foreign_keys(view, schema=mart) + inspector.get_indexes(view, schema=mart)
        check(f"SQLAlchemy: {mart}: comments of the views",
              dict(plain("SELECT relname, obj_description(oid) FROM pg_class WHERE relnamespace = %s::regnamespace"
                         " AND relkind = 'v' AND relname <> ALL (%s)", mart, SKIP)), comments)
        check(f"SQLAlchemy: {mart}: columns, types and comments",
              plain("""SELECT c.relname, a.attname,
                      CASE t WHEN 'numeric' THEN replace(upper(format_type(a.atttypid, a.atttypmod)), ',', ', ')
                          WHEN 'timestamp without time zone' THEN 'TIMESTAMP' ELSE upper(t) END,
                      col_description(c.oid, a.attnum)
                  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0,
                      LATERAL (SELECT a.atttypid::regtype::text) AS types(t)
                  WHERE c.relnamespace = %s::regnamespace AND c.relkind = 'v' AND c.relname <> ALL (%s)
                  ORDER BY c.relname COLLATE "C", a.attnum""", mart, SKIP), columns)
        check_none(f"SQLAlchemy: {mart}: no keys, no indexes", keys)


def questions():
    """bi/questions by the reading role, against the same asked of the source tables."""
    here = os.path.dirname(os.path.abspath(__file__))
    asked = sorted(f for f in os.listdir(os.path.join(FOLDER, "../questions")) if f.endswith(".sql"))
    check("questions: each has its twin", asked, sorted(os.listdir(os.path.join(here, "questions"))))
    reader = psycopg2.connect(host=HOST, port=PORT, dbname=DATABASE, user="mart_reader")
    for name in asked:
        with open(os.path.join(FOLDER, "../questions", name), encoding="utf-8") as file:
            question = file.read()
        with open(os.path.join(here, "questions", name), encoding="utf-8") as file:
            twin = file.read()
        with reader.cursor() as cursor:
            cursor.execute(question)
            rows = cursor.fetchall()
        check(f"question: {question.splitlines()[0][3:]}", plain(twin), rows)


def infinity():
    """Why views for BI tools have no infinite times."""
    with psycopg2.connect(host=HOST, port=PORT, dbname=DATABASE, user="mart_reader").cursor() as cursor:
        cursor.execute("SELECT timestamp 'infinity'")
        check("psycopg2 shows an infinite time as the end of the year 9999", 9999, cursor.fetchone()[0].year)
    odbc = pyodbc.connect(f"DRIVER={{PostgreSQL Unicode}};SERVER={HOST};PORT={PORT};DATABASE={DATABASE};UID=mart_reader")
    row = odbc.cursor().execute("SELECT timestamp 'infinity', date 'infinity'").fetchone()
    check("psqlODBC shows an infinite time as the end of the year 9999, and an infinite date as today",
          (9999, True), (row[0].year, abs(row[1] - datetime.date.today()) <= datetime.timedelta(days=1)))


questions()
infinity()
power_bi()
metabase()
grafana()
sqlalchemy_inspector()
sys.exit(failed)
