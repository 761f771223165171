#!/usr/bin/python3
"""Reads marts through psycopg2, as Superset, Redash and pandas do.

Prints what README.md describes. Environment: BI_HOST, BI_PORT, BI_DATABASE,
BI_USER, BI_SCHEMAS, BI_READ and BI_SKIP (lists separated by blanks).
"""
import datetime
import decimal
import hashlib
import os
import struct

import psycopg2

SCHEMAS = os.environ["BI_SCHEMAS"].split()
READ = os.environ.get("BI_READ", os.environ["BI_SCHEMAS"]).split()
SKIP = os.environ.get("BI_SKIP", "").split()
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def say(*fields):
    print("\t".join("" if f is None else str(f).translate(ESCAPES) for f in fields))


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
    # A cursor with a name is one on the server: rows come in portions.
    with connection.cursor("reader") as cursor:
        cursor.itersize = 10000
        cursor.execute(f'SELECT * FROM "{schema}"."{name}"')
        lines, classes, scales = [], None, []
        for row in cursor:
            if classes is None:
                classes = [set() for _ in row]
                scales = [c.scale for c in cursor.description]
            for seen, value in zip(classes, row):
                seen.add(type(value).__name__)
            lines.append(("\t".join(map(canonical, row, scales)) + "\n").encode())
        if classes is None:     # no row: fetching has described the result all the same
            cursor.fetchone()
            classes = [set() for _ in cursor.description]
        for position, (column, seen) in enumerate(zip(cursor.description, classes), 1):
            say("result", schema, name, position, column.name, column.type_code, column.precision,
                column.scale, ",".join(sorted(seen - {"NoneType"})))
    lines.sort()
    say("sum", schema, name, len(lines), hashlib.sha256(b"".join(lines)).hexdigest())


def sqlstate(connection, *statements):
    """The error of the last of the statements of one transaction; none is 00000."""
    with connection.cursor() as cursor:
        try:
            for statement in statements:
                cursor.execute(statement)
            return "00000"
        except psycopg2.Error as error:
            return error.pgcode
        finally:
            connection.rollback()


def main():
    connection = psycopg2.connect(
        host=os.environ["BI_HOST"], port=os.environ["BI_PORT"],
        dbname=os.environ["BI_DATABASE"], user=os.environ["BI_USER"],
        # It asks for DateStyle ISO by itself, but not for these.
        client_encoding="UTF8", options="-c extra_float_digits=1")
    # psycopg2 has no catalogue calls: who uses it asks the information schema.
    cursor = connection.cursor()
    cursor.execute("SELECT table_schema, table_name, table_type FROM information_schema.tables"
                   " WHERE table_schema = ANY (%s) ORDER BY 1, 2", [SCHEMAS])
    relations = cursor.fetchall()
    for relation in relations:
        say("relation", *relation, "")
    cursor.execute("SELECT table_schema, table_name, ordinal_position, column_name, data_type,"
                   " numeric_precision, numeric_scale, '' FROM information_schema.columns"
                   " WHERE table_schema = ANY (%s) ORDER BY 1, 2, 3", [SCHEMAS])
    for column in cursor:
        say("column", *column)
    for schema, name, kind in relations:
        if kind == "VIEW" and schema in READ and name not in SKIP:
            read(connection, schema, name)
    connection.rollback()
    for name, *statements in (line.split(";") for line in os.environ.get("BI_DENIED", "").splitlines()):
        say("state", name, sqlstate(connection, *statements))


main()
