"""One year of 5,000 checks: what it takes to keep, to show, and to keep current."""
import gzip
import json
import math
import random
import sqlite3
import subprocess
import threading
import time
import urllib.request

import scenario_text
from figures import note, report, report_up, up_share
from rig import CURLEW, Rig, cpu_seconds, memory_mib, metrics, quantile_bound, total

CHECKS = 5000
ORIGINALS = 5
DAY = 86_400


def rfc3339(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def write_year(path, check, end, days):
    """One run a minute: mostly up, now and then slow, sometimes down for a while."""
    dice = random.Random(check)
    base, bad = dice.uniform(5, 120), 0
    with open(path, "w") as lines:
        for minute in range(days * 1440):
            moment = end - (days * 1440 - minute) * 60
            if bad == 0 and dice.random() < 1 / 20_000:
                bad = dice.randint(1, 60)
            verdict, reason = "up", "null"
            if bad:
                bad, verdict, reason = bad - 1, "down", '"timeout"'
            elif dice.random() < 1 / 1000:
                verdict, reason = "degraded", '"warning"'
            lines.write(
                f'{{"check":"{check}","region":"local","slot_start":"{rfc3339(moment)}","interval_ms":60000,"verdict":"{verdict}",'
                f'"duration_ms":{base * dice.lognormvariate(0, 0.4):.3f},"reason":{reason}}}\n')


def columns(database, table):
    return [row[1] for row in database.execute(f"PRAGMA table_info({table})")]


TABLES = ["cadences", "runs", "state_changes", "five_minutes", "hours", "days"]


def import_originals(rig, stores, end, days, *options):
    """The same few checks into each of some stores."""
    for number in range(ORIGINALS):
        source = rig.path("runs.ndjson")
        write_year(source, f"check-{number}", end, days)
        for store in stores:
            subprocess.run([CURLEW, "import", source, "--store", store, *options], check=True, capture_output=True)
        source.unlink()


def import_year(rig, name, end, days, checks):
    """A store with `checks` checks: a few are imported, and their rows copied for the others."""
    path = rig.path(name)
    import_originals(rig, [f"sqlite:{path}"], end, days)
    multiply(path, checks)
    return path


def multiply(path, checks):
    """Copies the rows of the originals for as many checks as wanted."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous = OFF")
    streams = dict(database.execute(
        "SELECT checks.id, streams.key FROM streams JOIN checks ON checks.key = streams.check_key WHERE region_key = 1"))
    database.execute("BEGIN")
    stream_columns = [column for column in columns(database, "streams") if column not in ("key", "check_key")]
    tables = [*TABLES, "run_reasons"]
    rest = {table: ", ".join(column for column in columns(database, table) if column != "stream") for table in tables}
    for number in range(ORIGINALS, checks):
        original = streams[f"check-{number % ORIGINALS}"]
        check = database.execute("INSERT INTO checks (id) VALUES (?)", (f"check-{number}",)).lastrowid
        names = ", ".join(stream_columns)
        stream = database.execute(
            f"INSERT INTO streams (check_key, {names}) SELECT ?, {names} FROM streams WHERE key = ?", (check, original)).lastrowid
        for table in tables:
            database.execute(
                f"INSERT INTO {table} (stream, {rest[table]}) SELECT ?, {rest[table]} FROM {table} WHERE stream = ?",
                (stream, original))
        if number % 500 == 0:
            database.execute("COMMIT")
            database.execute("BEGIN")
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def fetch(port, path, **headers):
    """The answer's bytes as they came, and how long the last of them took."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    begin = time.monotonic()
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read()
    return body, (time.monotonic() - begin) * 1000


def median(port, path, count=9, pause=0.3, **headers):
    times = []
    for _ in range(count):
        times.append(fetch(port, path, **headers)[1])
        time.sleep(pause)
    return sorted(times)[count // 2]


def hammer(port, paths, rate, seconds):
    """So many requests a second for a while; how long each took."""
    took, lock, end = [], threading.Lock(), time.monotonic() + seconds

    def ask(number):
        due = time.monotonic() + number / rate
        while due < end:
            time.sleep(max(0, due - time.monotonic()))
            try:
                spent = fetch(port, paths[number % len(paths)], **{"Accept-Encoding": "gzip"})[1]
            except OSError:
                spent = math.inf
            with lock:
                took.append(spent)
            due += workers / rate

    workers = 16
    threads = [threading.Thread(target=ask, args=(number,)) for number in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(took)


def daemon(rig, every):
    """All the checks with their page; the store is the one that was made."""
    text = scenario_text.head(every) + scenario_text.checks(CHECKS, f'http: {{url: "http://127.0.0.1:{rig.http_port}/"}}')
    return rig.curlew(rig.write("year.yaml", text), pages="[{id: all, path: /status, title: All checks}]")


def year():
    """5,000 checks every minute for a year, and the pages that show them."""
    with Rig() as rig:
        rig.nginx()
        path = import_year(rig, "curlew.db", int(time.time()) // 60 * 60, 365, CHECKS)
        report("year", "the store of 5,000 checks, a run a minute", path.stat().st_size / 2**30, 6, " GiB", 2)
        show(rig)
        keep_current(rig)
        bear(rig)


def show(rig):
    """What the pages take."""
    process = daemon(rig, "60s")
    _, cold = fetch(process.port, "/status/status.json")
    report("year", "page JSON of all checks with 90 bars, first", cold, 1500, " ms", 0)
    time.sleep(2)
    body, _ = fetch(process.port, "/status/status.json")
    note("year", f"the JSON has {len(body) / 2**20:.1f} MiB; {memory_mib(process.pid)[0]:.0f} MiB resident")
    report("year", "the same warm, median of 9", median(process.port, "/status/status.json", pause=1.2), 150, " ms", 0)
    report("year", "page HTML of all checks, median of 9", median(process.port, "/status", pause=1.2), 200, " ms", 0)
    times = sorted(fetch(process.port, f"/status/checks/check-{number}")[1] for number in range(100, 130))
    report("year", "one check's page over 365 days, median of 30 checks", times[15], 30, " ms", 1)
    rig.stop(process)


def keep_current(rig):
    """What keeping all objectives current takes: the daemon with nothing to run but its board."""
    process = daemon(rig, "365d")
    time.sleep(30)
    before = cpu_seconds(process.pid)
    time.sleep(60)
    share = (cpu_seconds(process.pid) - before) / 60 * 100
    report("year", "budget and burn rates of 5,000 objectives, share of a core", share, 5, " %", 1)
    rig.stop(process)


def bear(rig):
    """Writing while the page is hammered."""
    process = daemon(rig, "60s")
    time.sleep(70)
    before, before_cpu = metrics(process.port), cpu_seconds(process.pid)
    time.sleep(30)
    runs = total(metrics(process.port), "curlew_runs_total") - total(before, "curlew_runs_total")
    busy = (cpu_seconds(process.pid) - before_cpu) / 30
    note("year", f"the whole process takes {busy:.1%} of a core with {runs / 30:.0f} runs a second")
    before = metrics(process.port)
    took = hammer(process.port, ["/status", "/status/status.json", "/status/checks/check-7", "/"], 200, 60)
    after = metrics(process.port)
    note("year", f"{len(took)} requests in 60 s, p50 {took[len(took) // 2]:.0f} ms, p99 {took[len(took) * 99 // 100]:.0f} ms, "
                 f"{took.count(math.inf)} without an answer")
    missed = total(after, "curlew_scheduler_missed_slots_total") - total(before, "curlew_scheduler_missed_slots_total")
    report("year", "slots missed while 200 requests a second come", missed, 0, "", 0)
    # A run waits for the writer's pace, and then for one write.
    write = quantile_bound(before, after, "curlew_history_write_seconds", 0.99)
    report("year", "write lag p99: pace and write (upper bound of its bucket)", 250 + write * 1000, 1000, " ms", 0)
    report_up("year", "runs", up_share(after))
    rig.stop(process)


def growth():
    """A question over 90 days, with one month stored and with three years."""
    times = {}
    with Rig() as rig:
        end = int(time.time()) // DAY * DAY
        for name, days in (("month", 31), ("years", 3 * 365)):
            path = import_year(rig, f"{name}.db", end, days, 500)
            question = [CURLEW, "report", "--store", f"sqlite:{path}", "--window", "90d", "--at", rfc3339(end), "--format", "csv"]
            samples = []
            for _ in range(7):
                begin = time.monotonic()
                subprocess.run(question, check=True, capture_output=True)
                samples.append(time.monotonic() - begin)
            times[name] = sorted(samples)[3] * 1000
            note("growth", f"{days} days stored: {times[name]:.1f} ms for 500 checks")
        report("growth", "a question over 90 days, three years stored to one month", times["years"] / times["month"], 1.2, "", 2)


def page_weight():
    """A page of 50 checks, as a browser gets it."""
    with Rig() as rig:
        rig.nginx()
        end = int(time.time()) // 60 * 60
        import_year(rig, "curlew.db", end, 91, 50)
        text = scenario_text.head("60s") + scenario_text.checks(50, f'http: {{url: "http://127.0.0.1:{rig.http_port}/"}}')
        process = rig.curlew(rig.write("fifty.yaml", text), pages="[{id: all, path: /status, title: Fifty checks}]")
        time.sleep(2)
        body, _ = fetch(process.port, "/status", **{"Accept-Encoding": "gzip"})
        note("page_weight", f"{len(gzip.decompress(body)) / 1024:.0f} KiB without gzip")
        report("page_weight", "a page of 50 checks with 90 bars, gzip", len(body) / 1024, 60, " KiB", 1)
        rig.stop(process)


cases = [year, growth, page_weight]
