"""parse_amount against Python's Decimal, and against a grammar written as a regular expression."""
import random
import re
from decimal import Decimal, localcontext

from oracle import ask, report

CURRENCIES = ["$", "\u20ac", "\u00a3", "\u00a5", "\u20b9", "USD", "eur", "US$", "R$", "z\u0142", "kr", "Rs.", "CHF", "A$"]


def grouped(digits, style, separator):
    """'1234567' as 1,234,567 or 12,34,567."""
    if style == "plain" or len(digits) <= 3:
        return digits
    size = 3 if style == "western" else 2
    head, tail = digits[:-3], digits[-3:]
    parts = []
    while head:
        parts.insert(0, head[-size:])
        head = head[:-size]
    return separator.join(parts + [tail])


def written():
    rng = random.Random(1)
    rows, want = [], []
    for i in range(20000):
        whole = str(rng.randrange(10 ** rng.randint(1, 60 if i % 10 == 0 else 9)))
        decimals = "".join(rng.choice("0123456789") for _ in range(rng.choice([0, 0, 1, 2, 2, 2, 3, 20])))
        mark = rng.choice(".,")
        separator = rng.choice([",", "'", " ", "\u00a0", "\u202f", "\u2019"]) if mark == "." else rng.choice([".", "'", " ", "\u00a0", "\u2019"])
        text = grouped(whole, rng.choice(["plain", "western", "indian"]), separator)
        if decimals or rng.random() < 0.05:
            text += mark + decimals
        currency = rng.choice(CURRENCIES + [""] * 8)
        negative = rng.random() < 0.4
        sign = rng.choice(["-", "-", "\u2212"]) if negative else rng.choice(["", "", "", "+"])
        brackets = negative and rng.random() < 0.4
        blank = rng.choice(["", " ", "\u00a0"])
        if brackets:
            sign = ""
        where = rng.randrange(4)
        if where == 3 and text.endswith(mark):
            where = 2  # 12.- is 12, not -12
        if where == 0 or not currency:
            text = sign + (currency + blank if currency else "") + text
        elif where == 1:
            text = currency + blank + sign + text
        elif where == 2:
            text = sign + text + blank + currency
        else:
            text = text + sign + blank + currency
        if brackets:
            text = f"({text})"
        pad = ["", " ", "\t", "\u00a0", "\ufeff", "\u3000"]
        text = rng.choice(pad) + text + rng.choice(pad)
        with localcontext() as context:
            context.prec = 200
            number = Decimal(whole + ("." + decimals if decimals else ""))
            number = -number if negative and number != 0 else number
        rows.append((i, text, mark))
        want.append(format(number, "f"))
    answer = ask("i int, t text, m text", rows, "SELECT parse_amount(t, m) FROM given ORDER BY i")
    wrong = [(row, mine, other) for row, (mine,), other in zip(rows, answer, want) if mine != other]
    report("parse_amount against Decimal, scale included", len(answer), wrong)


NUMBER = re.compile(r"""
    (?: (?P<plain>\d+)
      | (?P<western>(?!0)\d{1,3}(?P<s3>[,' ])\d{3}(?:(?P=s3)\d{3})*)
      | (?P<indian>(?!0)\d{1,2}(?P<s2>[,' ])\d{2}(?:(?P=s2)\d{2})*(?P=s2)\d{3}) )
    (?: [.]\d+ | [.]-{0,2} )?
  | [.]\d+""", re.VERBOSE)
BEFORE = re.compile(r"(?:[+-][$][ ]*|[$][ ]*[+-][ ]*|[+-]|[$][ ]*|)")
AFTER = re.compile(r"(?:[ ]*[+-])?(?:[ ]*[$])?|(?:[ ]*[$])(?:[ ]*[+-])")


def grammar(text):
    """The amount by the documented rule, or None."""
    text = text.strip(" ")
    brackets = len(text) >= 2 and text[0] == "(" and text[-1] == ")"
    if brackets:
        text = text[1:-1].strip(" ")
    if text.count("$") > 1:
        return None
    head = BEFORE.match(text)
    for end in range(len(text), head.end(), -1):
        if NUMBER.fullmatch(text, head.end(), end) and AFTER.fullmatch(text, end):
            # 12.- and 12.-- are 12: these are no signs
            digits = re.sub(r"[,' ]", "", text[head.end():end]).rstrip("-")
            signs = text[:head.end()] + text[end:]
            if sum(signs.count(c) for c in "+-") > (0 if brackets else 1):
                continue
            number = Decimal("0" + digits)
            return -number if (brackets or "-" in signs) and number else number
    return None


def hostile():
    rng = random.Random(2)
    texts = set()
    while len(texts) < 60000:
        kind = rng.random()
        if kind < 0.5:
            text = "".join(rng.choice("0123,.-+$() '5") for _ in range(rng.randint(1, 9)))
        else:
            # a good one with one to three accidents
            text = list(rng.choice(["1,234.50", "12,34,567", "-$5.25", "($1,234)", "1 234 567.8", "$ -12", "12.5-", "1'234", "5 $", "(12.00)"]))
            for _ in range(rng.randint(1, 3)):
                at = rng.randrange(len(text) + 1)
                if rng.random() < 0.5:
                    text.insert(at, rng.choice("0123456789,.-+$() '"))
                elif at < len(text):
                    del text[at]
            text = "".join(text)
        texts.add(text)
    texts = sorted(texts)
    answer = ask("i int, t text", list(enumerate(texts)), "SELECT parse_amount(t) FROM given ORDER BY i")
    wrong = []
    amounts = 0
    for text, (mine,) in zip(texts, answer):
        want = grammar(text)
        amounts += want is not None
        if (mine is None) != (want is None) or (mine is not None and Decimal(mine) != want):
            wrong.append((text, mine, want))
    if amounts < 2000:
        wrong.append(f"only {amounts} of the texts are amounts")
    report("parse_amount against its grammar", len(answer), wrong)


written()
hostile()
