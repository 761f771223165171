#!/usr/bin/python3
"""Judges what the programs of bi/conformance printed.

    compare.py FOLDER    reads FOLDER/{facts,server,odbc,jdbc,node,psycopg,dbd}.tsv and
                         the same names with .odd and .default before .tsv; prints
                         "ok - ..." and "not ok - ..."

Facts are the system catalogs as a superuser reads them; server is the
checksum that the server computes.
"""
import collections
import os
import sys

FOLDER = sys.argv[1]
DRIVERS = {"odbc": "psqlODBC", "jdbc": "pgJDBC", "node": "node-postgres", "psycopg": "psycopg2", "dbd": "DBD::Pg"}

# What each driver calls the types of the contract: in its catalogue call, in
# the description of a result, and the class of the values. Numbers of ODBC are
# those of sqlext.h, of JDBC those of java.sql.Types, of the others pg_type.oid.
TYPES = {
    "odbc": {
        "boolean": ("-7", "bool", "bool"), "smallint": ("5", "int", "int"), "integer": ("4", "int", "int"),
        "bigint": ("-5", "int", "int"), "numeric": ("2", "Decimal", "Decimal"),
        "double precision": ("6", "float", "float"), "text": ("-9", "str", "str"),
        "date": ("91", "date", "date"), "timestamp without time zone": ("93", "datetime", "datetime")},
    "jdbc": {
        "boolean": ("-7", "-7", "java.lang.Boolean"), "smallint": ("5", "5", "java.lang.Integer"),
        "integer": ("4", "4", "java.lang.Integer"), "bigint": ("-5", "-5", "java.lang.Long"),
        "numeric": ("2", "2", "java.math.BigDecimal"), "double precision": ("8", "8", "java.lang.Double"),
        "text": ("12", "12", "java.lang.String"), "date": ("91", "91", "java.sql.Date"),
        "timestamp without time zone": ("93", "93", "java.sql.Timestamp")},
    "node": {
        "boolean": (None, "16", "Boolean"), "smallint": (None, "21", "Number"), "integer": (None, "23", "Number"),
        "bigint": (None, "20", "String"), "numeric": (None, "1700", "String"),
        "double precision": (None, "701", "Number"), "text": (None, "25", "String"),
        "date": (None, "1082", "Date"), "timestamp without time zone": (None, "1114", "Date")},
    "psycopg": {
        "boolean": (None, "16", "bool"), "smallint": (None, "21", "int"), "integer": (None, "23", "int"),
        "bigint": (None, "20", "int"), "numeric": (None, "1700", "Decimal"),
        "double precision": (None, "701", "float"), "text": (None, "25", "str"),
        "date": (None, "1082", "date"), "timestamp without time zone": (None, "1114", "datetime")},
    "dbd": {
        "boolean": (None, "bool", "bool"), "smallint": (None, "int2", "integer"), "integer": (None, "int4", "integer"),
        "bigint": (None, "int8", "integer"), "numeric": (None, "numeric", "numeric"),
        "double precision": (None, "float8", "number"), "text": (None, "text", "string"),
        "date": (None, "date", "date"), "timestamp without time zone": (None, "timestamp", "timestamp")},
}
TYPES["odbc.default"] = dict(TYPES["odbc"], boolean=("12", "str", "str"), text=("-10", "str", "str"))

# What each driver calls a table, a view and a materialized view.
KINDS = {
    "odbc": {"r": "TABLE", "v": "VIEW", "m": "MATVIEW"},
    "jdbc": {"r": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"},
    "dbd": {"r": "TABLE", "v": "VIEW", "m": "MATERIALIZED VIEW"},
    # the information schema, which has no materialized views, and only what the role may read
    "node": {"r": "BASE TABLE", "v": "VIEW"},
    "psycopg": {"r": "BASE TABLE", "v": "VIEW"},
}
WITH_COMMENTS = {"jdbc", "dbd"}
SPEAKS_SQL_TYPES = {"node", "psycopg", "dbd"}


def load(name):
    found = collections.defaultdict(list)
    path = os.path.join(FOLDER, name + ".tsv")
    with open(path, encoding="utf-8", newline="\n") as file:
        for line in file:
            kind, *fields = line.rstrip("\n").split("\t")
            found[kind].append(tuple(fields))
    return found


failed = False


def check(what, wrong, looked_at):
    """A check that looked at nothing is a failed one."""
    global failed
    if wrong or not looked_at:
        failed = True
        print(f"not ok - {what}")
        for item in list(wrong)[:10]:
            print(f"    {item}"[:400], file=sys.stderr)
        if not looked_at:
            print("    nothing was looked at", file=sys.stderr)
    else:
        print(f"ok - {what}")


def difference(expected, actual):
    expected, actual = set(expected), set(actual)
    return [f"missing: {x}" for x in sorted(expected - actual)] + [f"not expected: {x}" for x in sorted(actual - expected)]


facts = load("facts")
relations = facts["relation"]           # schema, name, relkind, comment, whether the role may read it
columns = facts["column"]               # schema, relation, position, name, type, precision, scale, comment
views = {(s, n) for s, n, kind, _, _ in relations if kind == "v"}
not_for_bi = {(s, r) for s, r, _, _, t, _, _, _ in columns if (s, r) in views and t not in TYPES["jdbc"]}
type_of = {(s, r, p): t for s, r, p, _, t, _, _, _ in columns}

check("the views that BI tools cannot read are inner ones, and are left out of what follows",
      [f"not inner: {r}" for _, r in not_for_bi if r not in os.environ["BI_INNER"].split()]
      + difference(set(os.environ["BI_SKIP"].split()), {r for _, r in not_for_bi}), views)
bi_views = views - not_for_bi
bi_columns = [c for c in columns if (c[0], c[1]) in bi_views]
read_schemas = set(os.environ["BI_READ"].split())
rows = 0


def checksums(name):
    return load(name)["sum"]            # schema, view, rows, sha256


def check_catalog(driver, name, got, types):
    kinds = KINDS[driver]
    commented = driver in WITH_COMMENTS
    check(f"{name} lists all {len(views)} views"
          + (", with their comments" if commented else "")
          + (" and the materialized one" if "m" in kinds else "; the materialized one is not seen"),
          difference([(s, n, kinds[k], c if commented else "") for s, n, k, c, readable in relations
                      if k in kinds and (readable == "t" or "m" in kinds)],
                     got["relation"]), relations)
    wrong = []
    described = {(c[0], c[1], c[2]): c for c in got["column"]}
    for s, r, position, column, kind, precision, scale, comment in bi_columns:
        c = described.get((s, r, position))
        if c is None:
            wrong.append(f"missing: {s}.{r}.{column}")
            continue
        code = types[kind][0]
        expected = [column, kind if driver in SPEAKS_SQL_TYPES else code]
        actual = [c[3], c[4]]
        if kind == "numeric":
            # DBD::Pg gives scale and precision as one field
            expected += [f"{scale},{precision}", ""] if driver == "dbd" else [precision, scale]
            actual += [c[5], c[6]]
        expected.append(comment if commented else "")
        actual.append(c[7])
        if expected != actual:
            wrong.append(f"{s}.{r}: {actual} is not {expected}")
    wrong += [f"not expected: {c}" for c in described.values()
              if (c[0], c[1]) in bi_views and (c[0], c[1], c[2]) not in type_of]
    check(f"{name} describes {len(bi_columns)} columns: name, place, type"
          + (", comment" if commented else "; no comment"), wrong, bi_columns)
    if driver in ("odbc", "jdbc", "dbd"):
        check(f"{name} finds no key of a view", got["keys"], views)


def check_results(driver, name, got, types):
    wrong = []
    seen = 0
    described = {(s, v, p): rest for s, v, p, *rest in got["result"]}
    filled = set()
    for s, r, position, column, kind, precision, scale, _ in bi_columns:
        if s not in read_schemas:
            continue
        rest = described.get((s, r, position))
        if rest is None:
            wrong.append(f"missing: {s}.{r}.{column}")
            continue
        seen += 1
        _, code, value_class = types[kind]
        expected = [column, code] + ([precision, scale] if kind == "numeric" else [])
        actual = rest[:2] + (rest[2:4] if kind == "numeric" else [])
        if rest[4]:
            filled.add(kind)
            expected.append(value_class)
            actual.append(rest[4])
        if driver == "jdbc":            # the class that it says it will return
            expected.append(value_class)
            actual.append(rest[5])
        if expected != actual:
            wrong.append(f"{s}.{r}: {actual} is not {expected}")
    wrong += difference(TYPES["jdbc"], filled)   # a value of every type was seen
    check(f"{name}: every value of {seen} columns has the class that its result declares", wrong, seen)


server = checksums("server")
check("the server has a checksum of every view that was read",
      difference({v for v in bi_views if v[0] in read_schemas}, {(s, v) for s, v, _, _ in server}), server)
total = sum(int(n) for _, _, n, _ in server)

for driver, name in DRIVERS.items():
    got = load(driver)
    check_catalog(driver, name, got, TYPES[driver])
    check_results(driver, name, got, TYPES[driver])
    check(f"{name} reads {total} rows of {len(server)} views as the server has them",
          difference(server, got["sum"]), got["sum"])
    check(f"{name}: the reading role cannot read the source, nor write",
          difference({("source", "42501"), ("write", "25006"), ("write anyway", "42501"), ("replace", "42501"),
                      ("create", "42501")}, got["state"]), got["state"])
    got = load(driver + ".odd")
    check(f"{name} reads the same of edge as a role with other settings, on another clock",
          difference([x for x in server if x[0] == "edge"], got["sum"]), got["sum"])
    check_catalog(driver, name + " with other settings", got, TYPES[driver])
check("the server itself computes the same with other settings", difference(server, checksums("server.odd")), server)

got = load("odbc.default")
check_catalog("odbc", "psqlODBC without options (booleans as text, text as LONGVARCHAR)", got, TYPES["odbc.default"])
check_results("odbc", "psqlODBC without options", got, TYPES["odbc.default"])
with_flags = {(s, r) for s, r, _, _, t, _, _, _ in bi_columns if t == "boolean"}
check("psqlODBC without options reads all views that have no boolean as the server has them",
      difference([x for x in server if x[:2] not in with_flags], [x for x in got["sum"] if x[:2] not in with_flags]), got["sum"])

# An hour that does not exist on the clock of the client.
for driver, name in (("node", "node-postgres"), ("jdbc", "pgJDBC")):
    got = load(driver + ".dst")
    differs = {v for s, v, n, c in set(got["sum"]) - set(server)}
    check(f"{name} on a clock with summer time moves the hour that the clock skips, in the rows that have it only",
          difference({"fact_purchase", "purchase_dimension", "purchases"}, differs), got["sum"])
sys.exit(failed)
