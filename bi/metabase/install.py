#!/usr/bin/python3
"""Puts a mart into Metabase, over its HTTP API: what columns mean, models, questions.

    bi/metabase/install.py MART [--currency EUR] [--dry-run]

METABASE_URL (default http://localhost:3000), METABASE_DATABASE (the name that the
database has in Metabase), and METABASE_API_KEY, or METABASE_USER and
METABASE_PASSWORD. Running it again changes what it made; it removes nothing.

It was never run against Metabase: see README.md."""

import argparse
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODELS = {"fact_purchase": "Purchases", "dim_customer": "Customers", "dim_product": "Products", "kpi_month": "Months", "kpi_day": "Days"}
KEYS = {"customer_id": "dim_customer", "product": "dim_product"}


class Failed(Exception):
    pass


# --- What Metabase is told ------------------------------------------------------

def contract(kind):
    """view => what bi/contract.json has of it, for a kind of marts: dated or undated."""
    views = json.loads((HERE.parent / "contract.json").read_text(encoding="utf-8"))["kinds"][kind]["views"]
    return {each["view"]: {"description": each["description"], "key": each.get("key", []), "columns": {column["column"]: column for column in each["columns"]}} for each in views}


def display_name(name):
    words = re.sub(r"_(label|id)$", lambda m: "" if m[1] == "label" else " ID", name).replace("_", " ").split()
    return " ".join(word if word == "ID" else {"kpi": "KPI", "rfm": "RFM", "ci": "CI"}.get(word, word.capitalize() if place == 0 else word) for place, word in enumerate(words))


def semantic_type(view, name, entry):
    """What Metabase calls the meaning of a column, None where it has no word for it."""
    kind = entry["columns"][name]["type"]
    if entry["key"] == [name] and name in KEYS:
        return "type/PK"
    if name in KEYS and view not in ("dim_customer", "dim_product"):
        return "type/FK"
    if kind == "numeric(18,2)":
        return "type/Currency"
    if kind == "double precision" and re.search(r"(_share|_rate|_change|^retention|_coverage|^growth)$", name):
        return "type/Percentage"
    if name == "review_rating" or name == "average_rating":
        return "type/Score"
    if name == "purchased_at":
        return "type/CreationTimestamp"
    if kind in ("bigint", "integer") and re.search(r"(^|_)(purchases|customers|returns|orders)$", name):
        return "type/Quantity"
    if kind == "text" and not name.endswith("_id") and name not in ("product", "reason", "consequence", "example", "verdict", "naive_verdict"):
        return "type/Category"
    if kind == "boolean":
        return "type/Category"
    return None


def of_field(view, name, entry, currency, fields):
    """The body of PUT /api/field/:id; fields: (view, column) => id."""
    column = entry["columns"][name]
    body = {"display_name": display_name(name), "description": column["description"], "semantic_type": semantic_type(view, name, entry),
            "visibility_type": "details-only" if name.endswith("_sort") or name + "_label" in entry["columns"] else "normal"}
    if body["semantic_type"] == "type/FK":
        target = fields.get((KEYS[name], name))
        if target is None:
            body["semantic_type"] = None
        else:
            body["fk_target_field_id"] = target
    if body["semantic_type"] == "type/Currency":
        if currency:
            body["settings"] = {"currency": currency, "currency_in_header": False}
        else:
            body["semantic_type"] = None    # else Metabase would write dollars
    return body


def question(path):
    """A question of a file: the comments on top, and the statement."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line[3:] for line in lines if line.startswith("-- ")]
    made = {"name": head[0], "description": head[1], "display": ["table"], "needs": [], "variables": {}, "sql": "\n".join(line for line in lines if not line.startswith("-- ")), "file": path.name}
    for line in head[2:]:
        word, _, rest = line.partition(": ")
        if word == "display":
            made["display"] = rest.split()
        elif word == "needs":
            made["needs"] = rest.split()
        elif match := re.fullmatch(r"variable (\w+)", word):
            kind, _, title = rest.partition(", ")
            kind, *more = kind.split(" ")
            made["variables"][match[1]] = {"kind": kind, "more": more, "title": title}
        else:
            raise Failed(f"{path.name}: what is this? {line}")
    used = set(re.findall(r"\{\{(\w+)\}\}", made["sql"]))
    if used != set(made["variables"]):
        raise Failed(f"{path.name}: variables {sorted(used)} are used, and {sorted(made['variables'])} described")
    return made


def questions():
    return [question(path) for path in sorted((HERE / "questions").glob("*.sql"))]


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def sql_of(made, mart):
    return made["sql"].replace("'MART_NAME'", "'" + mart.replace("'", "''") + "'").replace("MART.", identifier(mart) + ".")


def tags(made, fields):
    """Its template tags; those of the file's kind "field" are field filters."""
    answer = {}
    for name, each in made["variables"].items():
        # the same id each time, so that dashboards that use it stay connected
        tag = {"id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"purchase_trends/{made['file']}/{name}")), "name": name, "display-name": each["title"]}
        if each["kind"] == "field":
            view, column = each["more"][0].split(".")
            tag |= {"type": "dimension", "dimension": ["field", fields[view, column], None], "widget-type": each["more"][1]}
        else:
            tag["type"] = each["kind"]
            if each["more"]:
                tag |= {"default": each["more"][0], "required": True}
        answer[name] = tag
    return answer


def card(made, mart, database, collection, fields):
    display, *columns = made["display"]
    settings = {"graph.dimensions": columns[:1], "graph.metrics": columns[1:]} if columns else {}
    return {"name": made["name"], "description": made["description"], "type": "question", "display": display, "visualization_settings": settings, "collection_id": collection,
            "dataset_query": {"type": "native", "database": database, "native": {"query": sql_of(made, mart), "template-tags": tags(made, fields)}}}


def model(view, title, entry, table, database, collection):
    return {"name": title, "description": entry["description"], "type": "model", "display": "table", "visualization_settings": {}, "collection_id": collection,
            "dataset_query": {"type": "query", "database": database, "query": {"source-table": table}}}


# --- How it is told -------------------------------------------------------------

class Metabase:
    def __init__(self, url, dry):
        self.url, self.dry, self.head = url.rstrip("/"), dry, {"Content-Type": "application/json"}
        if urllib.parse.urlsplit(self.url).scheme not in ("http", "https"):
            raise Failed(f"METABASE_URL must begin with http:// or https://, and is {url}")

    def ask(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method, headers=self.head, data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path}: {error.code} {error.read(500).decode(errors='replace')}") from error
        except OSError as error:
            raise Failed(f"{self.url} does not answer: {getattr(error, 'reason', error)}") from error
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise Failed(f"{method} {path}: the answer is no JSON; is this Metabase?") from error

    def change(self, method, path, body):
        if self.dry:
            print(f"{method} {path} {json.dumps(body)[:160]}")
            return {"id": 0}
        return self.ask(method, path, body)

    def login(self):
        key, user, password = (os.environ.get("METABASE_" + name) for name in ("API_KEY", "USER", "PASSWORD"))
        if key:
            self.head["x-api-key"] = key
        elif user and password:
            self.head["X-Metabase-Session"] = self.ask("POST", "/api/session", {"username": user, "password": password})["id"]
        else:
            raise Failed("set METABASE_API_KEY, or METABASE_USER and METABASE_PASSWORD")

    def database(self, name):
        found = self.ask("GET", "/api/database")
        found = found["data"] if isinstance(found, dict) else found
        there = [each for each in found if each["name"] == name]
        if len(there) != 1:
            raise Failed(f"Metabase has {len(there)} databases of the name \"{name}\" (METABASE_DATABASE); it has: {', '.join(each['name'] for each in found)}")
        if there[0].get("engine", "postgres") != "postgres":
            raise Failed(f"\"{name}\" is no PostgreSQL database")
        return there[0]["id"]


def install(metabase, mart, name, currency):
    metabase.login()
    database = metabase.database(name)
    tables = {each["name"]: each for each in metabase.ask("GET", f"/api/database/{database}/metadata?include_hidden=true")["tables"] if each.get("schema") == mart}
    if "kpi_total" not in tables:
        metabase.change("POST", f"/api/database/{database}/sync_schema", {})
        raise Failed(f"Metabase does not know the views of \"{mart}\" yet; it was told to look. Run this again in some minutes")
    views = contract("dated" if "kpi_month" in tables else "undated")
    fields = {(table, field["name"]): field["id"] for table, each in tables.items() for field in each["fields"]}

    for table, each in sorted(tables.items()):
        if table not in views:
            # bases of other views, and settings: nothing to ask
            metabase.change("PUT", f"/api/table/{each['id']}", {"visibility_type": "hidden"})
            continue
        metabase.change("PUT", f"/api/table/{each['id']}", {"display_name": display_name(table), "description": views[table]["description"]})
    # keys before what refers to them
    for (table, column), field in sorted(fields.items(), key=lambda each: (semantic_order(views, *each[0]), each[0])):
        if table in views and column in views[table]["columns"]:
            metabase.change("PUT", f"/api/field/{field}", of_field(table, column, views[table], currency, fields))

    title = f"Purchase trends: {mart}"
    there = [each for each in metabase.ask("GET", "/api/collection") if each["name"] == title and not each.get("archived")]
    collection = there[0]["id"] if there else metabase.change("POST", "/api/collection", {"name": title, "description": f"Of the mart {mart}; made by bi/metabase/install.py."})["id"]
    items = metabase.ask("GET", f"/api/collection/{collection}/items?models=card&models=dataset&limit=1000")["data"] if collection else []
    known = {(each["model"] == "dataset", each["name"]): each["id"] for each in items}
    wanted = [model(view, title, views[view], tables[view]["id"], database, collection) for view, title in MODELS.items() if view in tables]
    left = []
    for made in questions():
        if all(view in tables for view in made["needs"]):
            wanted.append(card(made, mart, database, collection, fields))
        else:
            left.append(made["name"])
    for body in wanted:
        there = known.get((body["type"] == "model", body["name"]))
        metabase.change("PUT" if there else "POST", f"/api/card/{there}" if there else "/api/card", body)
    print(f"{mart}: {sum(table in views for table in tables)} views, {sum(each['type'] == 'model' for each in wanted)} models and {sum(each['type'] == 'question' for each in wanted)} questions"
          + (f"; without views for: {', '.join(left)}" if left else ""))


def semantic_order(views, table, column):
    return 0 if table in views and column in views[table]["columns"] and semantic_type(table, column, views[table]) == "type/PK" else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("mart")
    parser.add_argument("--currency", help="ISO code of the amounts; without it Metabase shows them as numbers")
    parser.add_argument("--dry-run", action="store_true", help="read only, and print what would be changed")
    given = parser.parse_args()
    if given.currency and not re.fullmatch("[A-Z]{3}", given.currency):
        parser.error("--currency must be an ISO code, such as EUR")
    try:
        install(Metabase(os.environ.get("METABASE_URL", "http://localhost:3000"), given.dry_run), given.mart, os.environ.get("METABASE_DATABASE", ""), given.currency)
    except (Failed, KeyError, TypeError) as error:
        sys.exit(f"bi/metabase/install.py: {error if isinstance(error, Failed) else f'an answer is not as expected: {error!r}'}")


if __name__ == "__main__":
    main()
