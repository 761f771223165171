"""What the checks share: questions to the server, and the lines of script/test."""
import csv
import io
import subprocess


def ask(columns, rows, query):
    """Loads rows into a table given(columns) and returns the query's rows, as text; None is NULL."""
    text = io.StringIO()
    text.write("SET client_min_messages = warning;\n"
               f"CREATE TEMP TABLE given ({columns});\nCOPY given FROM STDIN (FORMAT csv, NULL '\\N');\n")
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    for row in rows:
        writer.writerow(row)
    text.write("\\.\n")
    # FORCE_QUOTE tells '' from NULL, but Python's reader cannot: so NULL has a text.
    text.write(f"COPY ({' '.join(query.split())}) TO STDOUT (FORMAT csv, NULL '<null>');\n")
    done = subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1"], input=text.getvalue(),
                          capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[:2000])
    csv.field_size_limit(10 ** 9)
    return [[None if cell == "<null>" else cell for cell in row]
            for row in csv.reader(io.StringIO(done.stdout, newline=""))]


def report(name, compared, wrong):
    """Prints the line of one check; wrong is a list of differences."""
    for difference in wrong[:10]:
        print("#", difference)
    good = compared > 0 and not wrong
    print(f"{'ok' if good else 'not ok'} - oracle: {name} ({compared} compared, {len(wrong)} wrong)", flush=True)
