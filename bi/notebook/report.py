"""What purchase_trends.ipynb needs besides pandas and matplotlib: a read-only
connection, marts that know what they lack, facts, and one look for all plots.

No number is computed here. Numbers come from the views of a mart; a number in
a sentence is a fact(), which the tests find in the page and compare with SQL."""

import functools
import html
import io
import re
import warnings

import matplotlib
import matplotlib.pyplot as plt
import pandas
import psycopg2
import psycopg2.extensions
from IPython.display import HTML, Image, Markdown, display
from matplotlib.ticker import FuncFormatter, MaxNLocator

# Okabe and Ito's colours, which people with colour-blindness can tell apart.
BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#8A8F98"
SEQUENTIAL = "cividis"			# even in lightness, and made for colour-blindness too

matplotlib.use("agg")
matplotlib.rcParams.update({
    "figure.constrained_layout.use": True,
    "figure.constrained_layout.h_pad": 0.08, "font.size": 9.5, "axes.titlesize": 11, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True, "legend.frameon": False,
    "text.parse_math": False,	# a dollar sign in a product name is a dollar sign
})
# A product may be named in a script that the font has not: boxes, no warning.
warnings.filterwarnings("ignore", message=r"Glyph .* missing from current font")


# --- Reading ------------------------------------------------------------------

class Unavailable(Exception):
    """A mart lacks what an analysis needs; the message says what."""


def connect():
    """Connects by PGHOST, PGDATABASE, PGUSER, ... and can only read."""
    connection = psycopg2.connect("", application_name="purchase_trends notebook")
    connection.set_session(readonly=True, autocommit=True)
    # Floats are enough for sentences and plots; money here stays below 2^53 cents.
    as_float = psycopg2.extensions.new_type((1700,), "numeric", lambda text, cursor: None if text is None else float(text))
    psycopg2.extensions.register_type(as_float, connection)
    return connection


class Mart:
    """The views of one mart, as far as the current role may read them."""

    def __init__(self, connection, name):
        self.connection, self.name, self.found, self.left_out = connection, name, {}, []
        self.views = set(self.query("""
            SELECT c.relname
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = %s AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')""",
            name).relname)

    def query(self, sql, *arguments):
        """The rows as a pandas.DataFrame."""
        with self.connection.cursor() as cursor:
            try:
                cursor.execute(sql, arguments or None)
            except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn,
                    psycopg2.errors.UndefinedFunction, psycopg2.errors.InsufficientPrivilege) as error:
                raise Unavailable(error.diag.message_primary) from error
            return pandas.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description])

    def rows(self, sql, *arguments):
        """The rows, at least one."""
        frame = self.query(sql, *arguments)
        if frame.empty:
            raise Unavailable("the view has no rows for it")
        return frame

    def row(self, sql, *arguments):
        """The first row, with its columns as attributes."""
        return next(self.rows(sql, *arguments).itertuples(index=False))

    def require(self, *views):
        if not self.views:
            raise Unavailable(f'there is no mart "{self.name}" in this database that this role may read')
        for view in views:
            if view not in self.views:
                why = ""
                if "data_quality" in self.views:
                    found = self.query(f"""
                        SELECT consequence FROM {self.name}.data_quality
                        WHERE check_name = 'view cannot be made' AND subject = %s""", view)
                    why = f" ({found.consequence[0]})" if len(found) else ""
                raise Unavailable(f'the mart "{self.name}" has no view {view}{why}')

    def fact(self, key, value, style):
        return fact(f"{self.name}.{key}", value, style)

    @functools.cached_property
    def source(self):
        """The table that it is made of, as SQL has it."""
        return self.row(f"SELECT source::text AS source FROM {self.name}.mart").source

    def role(self, name):
        """The expression over the source for a role, None where there is none."""
        return self.row(f"SELECT roles ->> %s AS expression FROM {self.name}.mart", name).expression

    @functools.cached_property
    def raw(self):
        """The columns of the source, as describe_table() has them."""
        return self.rows("SELECT * FROM describe_table(%s::regclass)", self.source)

    @functools.cached_property
    def numbers(self):
        """Its columns of numbers that are more than ids or flags."""
        found = [each.column_name for each in self.raw.itertuples()
                 if re.match(r"smallint|integer|bigint|numeric|real|double precision", each.data_type)
                 and each.distinct_values > 1 and not re.search(r"(^|_)id$", each.column_name)]
        if not found:
            raise Unavailable("its table has no column of numbers")
        return found

    @functools.cached_property
    def currency(self):
        """The unit of amounts, which prepare_purchases wrote into the column's comment."""
        found = self.query(f"""
            SELECT substring(col_description(a.attrelid, a.attnum) FROM ', in (\\S+)$') AS unit
            FROM {self.name}.mart m JOIN pg_attribute a ON a.attrelid = m.source AND a.attname = m.roles ->> 'amount'""")
        return found.unit[0] if len(found) and found.unit[0] else "currency of the source"


def analysis(mart, *views):
    """Runs the function below it if the mart has these views, and keeps in
    mart.found what it returns; otherwise, or if it raises Unavailable, says why
    there is nothing to see."""
    def run(function):
        try:
            mart.require(*views)
            mart.found[function.__name__] = function()
        except Unavailable as reason:
            plt.close("all")
            display(HTML(f'<p class="unavailable">Not shown for <b>{html.escape(mart.name)}</b>: '
                         f'{html.escape(str(reason))}.</p>'))
        return function
    return run


def section(mart, title, *views):
    """For the report: runs the function below it under this heading, if the mart has the views, and else notes that it is left out."""
    def run(function):
        try:
            mart.require(*views)
            if title:
                # each but the first begins a page
                display(HTML(f'<h2{"" if mart.found else " class=first"}>{html.escape(title)}</h2>'))
                mart.found[title] = True
            function()
        except Unavailable as reason:
            plt.close("all")
            if not mart.views:
                display(HTML(f'<p class="unavailable">{html.escape(str(reason))}.</p>'))
            mart.left_out.append(function.__name__.replace("_", " "))
        return function
    return run


def identifier(name):
    return '"' + name.replace('"', '""') + '"'


def literal(value):
    """A text in SQL, in whatever way backslashes are read."""
    return "U&'" + "".join(c if c.isalnum() and c.isascii() or c in " _-." else f"\\+{ord(c):06X}" for c in value) + "'"


# --- Sentences ----------------------------------------------------------------

facts = {}


def known(value):
    return not pandas.isna(value)


def number(value):
    return f"{value:,.0f}"


def money(value):
    return f"{value:,.2f}"


def decimals(value):
    return f"{value:.3f}"


def percent(value):
    return f"{100 * value:.1f}\N{NO-BREAK SPACE}%"


def day(value):
    return f"{value:%Y-%m-%d}"


def month(value):
    return f"{value:%B %Y}"


def text(value):
    return str(value)


def plain(value):
    """A number as the database wrote it, on the right of its column."""
    return str(value)


def fact(key, value, style):
    """Keeps the value under the key and returns it for a sentence, as "style" writes it."""
    written = style(value) if known(value) else "unknown"
    facts[key] = written
    # Names come from the data: they are neither HTML nor Markdown.
    escaped = re.sub(r"([\\`*_{}\[\]()#+!|~$])", lambda mark: f"&#{ord(mark[0])};", html.escape(written, quote=False))
    return f'<span data-fact="{html.escape(key)}">{escaped}</span>'


def say(*sentences):
    display(Markdown(" ".join(sentence.strip() for sentence in sentences if sentence)))


def points(*sentences):
    display(Markdown("\n".join("- " + " ".join(sentence.split("\n")) for sentence in sentences if sentence)))


def findings(mart, **pages):
    """What mart_findings() says, so many sentences of each page, none twice."""
    said, sentences = [], set()
    for page, most in pages.items():
        try:
            found = mart.query("SELECT severity, sentence FROM mart_findings(%s, '{}', %s) WITH ORDINALITY AS f ORDER BY f.ordinality LIMIT %s", mart.name, page, most)
        except Unavailable:
            continue
        for place, each in enumerate(found.itertuples(), 1):
            if each.sentence in sentences:
                continue
            sentences.add(each.sentence)
            mark = {"good": "▲ ", "bad": "▼ ", "watch": "● "}.get(each.severity, "")
            said.append(mark + mart.fact(f"finding.{page}.{place}", each.sentence, text))
    points(*said)


def cards(mart, shown):
    """The figures of the first page: (key, words, value, style) each."""
    display(HTML('<div class="cards">' + "".join(
        f'<div><span class="value">{mart.fact(key, value, style)}</span><span>{html.escape(words)}</span></div>' for key, words, value, style in shown) + "</div>"))


def listed(words):
    words = list(words)
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]


# --- Tables and plots -----------------------------------------------------------

def table(frame, fold=None, **styles):
    """Shows the frame with names for people; styles are number, money, ... by column. With fold, it is folded away under these words."""
    shown = frame.copy()
    for column in shown:
        style = styles.get(column, text)
        shown[column] = [style(value) if known(value) else "–" for value in shown[column]]
    # all but text stands on the right
    classes = [' class="n"' if styles.get(column, text) is not text else "" for column in shown]

    def line(tag, values):
        return "<tr>" + "".join(f"<{tag}{which}>{html.escape(value)}</{tag}>" for value, which in zip(values, classes)) + "</tr>"

    head = line("th", (str(column).replace("_", " ") for column in shown))
    body = "".join(line("td", row) for row in shown.itertuples(index=False))
    shown = f'<div class="table"><table><thead>{head}</thead><tbody>{body}</tbody></table></div>'
    display(HTML(f"<details><summary>{html.escape(fold)}</summary>{shown}</details>" if fold else shown))


def label(value, width=26):
    """A value as a label of a plot."""
    written = " ".join(str(value).split()) if known(value) else "(none)"
    return written if len(written) <= width else written[:width - 1] + "…"


def show(figure, alt):
    """Shows the figure, with words for those who cannot see it."""
    written = io.BytesIO()
    figure.savefig(written, format="png", dpi=144)
    display(Image(written.getvalue(), format="png", width=round(96 * figure.get_size_inches()[0]), alt=alt))
    plt.close(figure)


percent_ticks = FuncFormatter(lambda value, position: f"{100 * value:.0f} %")


def short_number(value, style="#.3g"):
    for size, unit in ((1e9, " bn"), (1e6, " m"), (1e3, " k")):
        if abs(value) >= size:
            return f"{value / size:{style}}".rstrip(".") + unit
    return f"{value:.3g}"


money_ticks = FuncFormatter(lambda value, position: short_number(value, ".4g"))


def round_width(width):
    """The next of 0.01, 0.02, 0.05, 0.1, ...: for the bars of a histogram."""
    step = 0.01
    while step < width:
        for factor in 1, 2, 5:
            if step * factor >= width:
                return step * factor
        step *= 10
    return step


def bars(axis, labels, values, style, title, unit, color=BLUE):
    """Horizontal bars from top to bottom, each with its value."""
    places = range(len(labels))
    axis.barh(places, [value if known(value) else 0 for value in values], color=color)
    axis.set_yticks(places, [label(each) for each in labels])
    axis.invert_yaxis()
    for place, value in zip(places, values):
        axis.annotate(style(value) if known(value) else "unknown", (max(value, 0) if known(value) else 0, place),
                      xytext=(3, 0), textcoords="offset points", va="center", fontsize=8.5)
    axis.margins(x=0.22)
    axis.set_title(title)
    axis.set_xlabel(unit)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.xaxis.set_major_formatter(percent_ticks if style is percent else money_ticks)
    axis.tick_params(left=False)


def share_bars(axis, frame, name, title):
    """Of each segment the share of customers, and of revenue."""
    places = range(len(frame))
    for offset, column, color, words in ((-0.2, "customer_share", GREY, "share of customers"),
                                         (0.2, "revenue_share", BLUE, "share of revenue")):
        axis.barh([place + offset for place in places], frame[column].fillna(0), 0.38, color=color, label=words)
        for place, value in zip(places, frame[column]):
            axis.annotate(percent(value) if known(value) else "unknown", (value if known(value) else 0, place + offset),
                          xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axis.set_yticks(places, [label(str(each).replace("_", " ") if known(each) else each) for each in frame[name]])
    axis.invert_yaxis()
    axis.margins(x=0.15)
    axis.set_title(title)
    axis.set_xlabel("share of the mart")
    axis.xaxis.set_major_formatter(percent_ticks)
    axis.tick_params(left=False)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 0.97), ncol=2)    # beside the title


def intervals(axis, labels, groups, title, unit):
    """Estimates with their intervals; groups are (name, color, estimates, lows, highs)."""
    height = 0.5 / max(1, len(groups) - 1) if len(groups) > 1 else 0
    for index, (name, color, middle, low, high) in enumerate(groups):
        shift = (index - (len(groups) - 1) / 2) * height
        words = name
        for place, (m, l, h) in enumerate(zip(middle, low, high)):
            if not known(m):
                continue
            interval = known(l) and known(h)
            if interval:
                axis.plot([l, h], [place + shift] * 2, color=color, linewidth=1.8)
            # hollow where the interval includes 0
            axis.plot([m], [place + shift], "os^"[index % 3], color=color, label=words,
                      markerfacecolor="white" if interval and l <= 0 <= h else color)
            words = None
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(labels)), [label(each, 34) for each in labels])
    axis.set_ylim(len(labels) - 0.5, -0.5)
    axis.grid(axis="x", color="#E3E5E8")
    axis.set_title(title)
    axis.set_xlabel(unit)
    axis.tick_params(left=False)
