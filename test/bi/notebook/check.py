"""Checks of the notebook and of the page made of it; prints nothing if all is well.

check.py notebook FILE           committed clean: no outputs, valid, stable ids
check.py page FILE               one file that loads nothing, with the plots whose alt texts begin as the lines of stdin, if it has any
check.py facts FILE TABLE N      the page says what TABLE (key, tab, value) says, which has at least N rows
check.py csv FILE CSV            the page says what the practice CSV says"""

import base64
import csv
import html.parser
import json
import math
import re
import struct
import sys
from pathlib import Path

problems = []


class Page(html.parser.HTMLParser):
    """What a reader sees, and what a browser would load."""

    def __init__(self, path):
        super().__init__()
        self.elements, self.facts, self.outside, self.anchors = [], {}, [], set()
        self.stack, self.styles = [], ""
        self.feed(Path(path).read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if "id" in attributes:
            self.anchors.add(attributes["id"])
        if tag not in ("meta", "img", "br", "hr", "input"):
            self.stack.append((tag, attributes))
        if "data-fact" in attributes:
            self.facts.setdefault(attributes["data-fact"], []).append("")

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        inside = [attributes for tag, attributes in self.stack]
        if self.stack and self.stack[-1][0] == "style":
            self.styles += data
        keys = [attributes["data-fact"] for attributes in inside if "data-fact" in attributes]
        if keys:
            self.facts[keys[-1]][-1] += data.replace("\N{NO-BREAK SPACE}", " ")
        elif any(attributes.get("class") == "sentence" for attributes in inside):
            self.outside.append(data)


def check_notebook(path):
    import nbformat
    written = Path(path).read_text(encoding="utf-8")
    notebook = json.loads(written)
    nbformat.validate(nbformat.from_dict(notebook))
    if written != json.dumps(notebook, indent=1, ensure_ascii=False) + "\n":
        problems.append("not written as Jupyter writes it")
    ids = [cell["id"] for cell in notebook["cells"]]
    if len(set(ids)) != len(ids) or not all(re.fullmatch(r"[a-z][a-z-]*", each) for each in ids):
        problems.append(f"ids of cells are not unique names: {ids}")
    for cell in notebook["cells"]:
        if cell.get("outputs") or cell.get("execution_count") is not None or cell["metadata"]:
            problems.append(f"cell {cell['id']} has outputs, a count or metadata")
    if set(notebook["metadata"]) != {"kernelspec", "language_info", "title"} or set(notebook["metadata"]["language_info"]) != {"name"}:
        problems.append("metadata of a machine")


def check_page(path, plots):
    page = Page(path)
    for tag, attributes in page.elements:
        if tag in ("script", "link", "iframe", "object", "embed", "base", "form", "video", "audio", "svg"):
            problems.append(f"element {tag}")
        problems.extend(f"attribute {name}" for name in attributes if name.startswith("on") or name in ("srcset", "style"))
        if "src" in attributes and not attributes["src"].startswith("data:image/png;base64,"):
            problems.append(f"source {attributes['src'][:80]}")
        target = attributes.get("href", "")
        if target.startswith("#"):
            if target[1:] not in page.anchors:
                problems.append(f"link to nowhere: {target}")
        elif target and not (Path(path).parent / target).is_file():
            problems.append(f"link to no file: {target}")
        if attributes.get("class") == "stderr":
            problems.append("a cell wrote to stderr")
    if re.search(r"url\(|@import", page.styles):
        problems.append("a style loads something")
    if "Traceback" in Path(path).read_text(encoding="utf-8"):
        problems.append("a traceback")
    # what is not a fact was typed by hand
    problems.extend(f"number outside a fact: {words.strip()}" for words in page.outside if re.search(r"\d", words))
    alts = []
    for tag, attributes in page.elements:
        if tag == "img":
            png = base64.b64decode(attributes["src"].split(",", 1)[1])
            width, height = struct.unpack(">II", png[16:24])
            if width < 600 or height < 250:
                problems.append(f"plot of {width} x {height}: {attributes.get('alt')}")
            alts.append(attributes.get("alt", ""))
    for words in plots:
        if not any(alt.startswith(words) for alt in alts):
            problems.append(f"no plot: {words}")
    if plots and len(alts) != len(plots):
        problems.append(f"{len(alts)} plots, not {len(plots)}: {alts}")


def welch(difference, a, b, n1, n0, side):
    from scipy import stats     # comes with matplotlib
    df = (a + b) ** 2 / (a ** 2 / (n1 - 1) + b ** 2 / (n0 - 1))
    return difference + side * stats.t.ppf(0.975, df) * math.sqrt(a + b)


def same(written, value):
    """Whether the page writes the value, rounded to the decimals that it shows."""
    if value.startswith("welch "):
        value = repr(welch(*map(float, value.split()[1:])))
    shown = written.replace(",", "")
    scale = 1
    if shown.endswith(" %"):
        shown, scale = shown[:-2], 100
    try:
        number, expected = float(shown), float(value) * scale
    except ValueError:
        return written == value
    step = 10.0 ** -len(shown.partition(".")[2])
    return abs(number - expected) <= step / 2 * (1 + 1e-6) + 1e-9


def compare(path, expected):
    facts = Page(path).facts
    for key, value in expected:
        for written in facts.get(key, ["(not said)"]):
            if not same(written, value):
                problems.append(f"{key}: the page says {written}, and it is {value}")


def check_facts(path, table, least):
    expected = [line.rstrip("\n").split("\t") for line in open(table, encoding="utf-8")]
    if len(expected) < least:
        problems.append(f"only {len(expected)} facts to compare")
    compare(path, expected)


def check_csv(path, source):
    with open(source, encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    amounts = [int(row["Purchase Amount (USD)"]) for row in rows]
    def share(column):
        return repr(sum(row[column] == "Yes" for row in rows) / len(rows))
    compare(path, [
        ("shop.rows", str(len(rows))), ("shop.customers", str(len({row["Customer ID"] for row in rows}))), ("shop.revenue", str(sum(amounts))),
        ("shop.average_amount", repr(sum(amounts) / len(amounts))), ("shop.subscriber_share", share("Subscription Status")),
        ("shop.discount_share", share("Discount Applied"))])
    facts = Page(path).facts
    for key, words in (("customers", "3,900"), ("average_amount", "59.76"), ("average_rating", "3.75"), ("subscriber_share", "27.0 %"),
                       ("discount_share", "43.0 %")):
        if set(facts["shop." + key]) != {words}:
            problems.append(f"shop.{key} is {facts['shop.' + key]}, not {words}")


match sys.argv[1:]:
    case ["notebook", path]:
        check_notebook(path)
    case ["page", path]:
        check_page(path, [line.rstrip("\n") for line in sys.stdin if line.strip()])
    case ["facts", path, table, least]:
        check_facts(path, table, int(least))
    case ["csv", path, source]:
        check_csv(path, source)
    case _:
        sys.exit(__doc__)
for problem in problems:
    print(problem)
sys.exit(bool(problems))
