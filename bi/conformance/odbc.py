#!/usr/bin/python3
"""Reads marts through psqlODBC and unixODBC (pyodbc), as Excel, Access and
Tableau's or Power BI's ODBC sources do.

Prints what README.md describes. Environment: BI_HOST, BI_PORT, BI_DATABASE,
BI_USER, BI_SCHEMAS, BI_READ and BI_SKIP (lists separated by blanks), and
BI_ODBC: options of the driver (default: the ones that docs/bi.md recommends).
"""
import datetime
import decimal
import glob
import hashlib
import os
import struct

import pyodbc

SCHEMAS = os.environ["BI_SCHEMAS"].split()
READ = os.environ.get("BI_READ", os.environ["BI_SCHEMAS"]).split()
SKIP = os.environ.get("BI_SKIP", "").split()
OPTIONS = os.environ.get("BI_ODBC", "TextAsLongVarchar=0;BoolsAsChar=0")
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def say(*fields):
    print("\t".join("" if f is None else str(f).translate(ESCAPES) for f in fields))


def driver():
    """The name that the driver is registered by, or the path of its library."""
    names = [d for d in pyodbc.drivers() if d == "PostgreSQL Unicode"]
    return "{%s}" % names[0] if names else glob.glob("/usr/lib/*/odbc/psqlodbcw.so")[0]


def canonical(value, scale):
    if value is None:
        return "\\N"
    kind = type(value)
    if kind is str:
        return value.translate(ESCAPES)
    if kind is bool:
        return "t" if value else "f"
    if kind is int:
        return str(value)
    if kind is decimal.Decimal:
        if -value.as_tuple().exponent != scale:
            raise ValueError(f"{value} has not the declared scale {scale}")
        return format(value, "f")
    if kind is float:
        return struct.pack(">d", value).hex()
    if kind is datetime.datetime:
        return value.isoformat(timespec="milliseconds")  # truncates
    if kind is datetime.date:
        return value.isoformat()
    raise TypeError(f"{kind} is not a type of the contract")


def read(connection, schema, name):
    cursor = connection.cursor()
    cursor.execute(f'SELECT * FROM "{schema}"."{name}"')
    # description: name, class, display size, internal size, precision, scale, nullable
    description = cursor.description
    scales = [c[5] for c in description]
    classes = [set() for _ in description]
    lines = []
    for row in cursor:
        for seen, value in zip(classes, row):
            seen.add(type(value).__name__)
        lines.append(("\t".join(map(canonical, row, scales)) + "\n").encode())
    for position, (column, seen) in enumerate(zip(description, classes), 1):
        say("result", schema, name, position, column[0], column[1].__name__, column[4], column[5],
            ",".join(sorted(seen - {"NoneType"})))
    lines.sort()
    say("sum", schema, name, len(lines), hashlib.sha256(b"".join(lines)).hexdigest())


def sqlstate(connection, *statements):
    """The error of the last of the statements of one transaction; none is 00000."""
    cursor = connection.cursor()
    try:
        for statement in statements:
            cursor.execute(statement)
        return "00000"
    except pyodbc.Error as error:
        return error.args[0]
    finally:
        connection.rollback()


def main():
    connection = pyodbc.connect(
        "DRIVER={0};SERVER={BI_HOST};PORT={BI_PORT};DATABASE={BI_DATABASE};UID={BI_USER};{1}"
        .format(driver(), OPTIONS, **os.environ))
    for schema in SCHEMAS:
        relations = [(r.table_schem, r.table_name, r.table_type, r.remarks)
                     for r in connection.cursor().tables(schema=schema)]       # SQLTables
        for relation in relations:
            say("relation", *relation)
        for _, name, kind, _ in relations:
            for c in connection.cursor().columns(schema=schema, table=name):    # SQLColumns
                if c.table_name == name:    # "_" is a wildcard here
                    say("column", schema, name, c.ordinal_position, c.column_name, c.data_type,
                        c.column_size, c.decimal_digits, c.remarks)
            if kind != "VIEW":
                continue
            keys = connection.cursor().primaryKeys(table=name, schema=schema).fetchall()
            keys += connection.cursor().foreignKeys(table=name, schema=schema).fetchall()
            if keys:
                say("keys", schema, name, len(keys))
        for _, name, kind, _ in relations:
            if kind == "VIEW" and schema in READ and name not in SKIP:
                read(connection, schema, name)
    connection.rollback()
    for name, *statements in (line.split(";") for line in os.environ.get("BI_DENIED", "").splitlines()):
        say("state", name, sqlstate(connection, *statements))


main()
