"""History in PostgreSQL beside SQLite: the same runs in both, what pages and reports take, rolling up, and what it all weighs."""
import hashlib
import subprocess
import threading
import time

import scenario_text
from figures import note, report
from fleetrig import FleetRig
from rig import CURLEW, cpu_seconds, free_port, wait_for_port
from year import ORIGINALS, TABLES, fetch, import_originals, median, multiply, rfc3339

CHECKS, DAYS = 3_000, 90
# Single runs of a day: what is older lies in roll-ups, as most of a history does.
RETENTION = "{runs: 1d, five_minutes: 2d}"


def multiply_postgres(rig, checks):
    """As `multiply` does in a file."""
    script = [
        f"INSERT INTO checks (id) SELECT 'check-' || n FROM generate_series({ORIGINALS}, {checks - 1}) n",
        f"""CREATE TEMP TABLE twins AS SELECT o.key AS original, c.key AS check_key, 0 AS twin FROM checks c
          JOIN checks first ON first.id = 'check-' || (substr(c.id, 7)::int % {ORIGINALS})
          JOIN streams o ON o.check_key = first.key WHERE substr(c.id, 7)::int >= {ORIGINALS}""",
        """INSERT INTO streams (check_key, region_key, sealed, beat_since, beat_interval)
          SELECT t.check_key, region_key, sealed, beat_since, beat_interval FROM twins t JOIN streams s ON s.key = t.original""",
        "UPDATE twins t SET twin = s.key FROM streams s WHERE s.check_key = t.check_key",
        "ANALYZE twins"]
    for table in TABLES:
        columns = [row[0] for row in rig.sql(
            f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 AND attname <> 'stream'")]
        names = ", ".join(columns)
        # Rows of one time lie together, as they do when all checks run.
        moment = next(name for name in ("slot", "bucket", "since") if name in columns)
        script.append(f"INSERT INTO {table} (stream, {names}) SELECT t.twin, {names} FROM {table} o "
                      f"JOIN twins t ON t.original = o.stream ORDER BY {moment}, t.twin")
    rig.sql("BEGIN; " + "; ".join(script) + "; COMMIT")
    rig.sql("VACUUM ANALYZE")
    rig.sql("CHECKPOINT")


def postgres():
    """3,000 checks over 90 days in both stores."""
    with FleetRig() as rig:
        rig.nginx()
        rig.postgres()
        end = int(time.time()) // 60 * 60
        settings = rig.write("retention.yaml", f"retention: {RETENTION}\n")
        stores = {"SQLite": f"sqlite:{rig.path('curlew.db')}", "PostgreSQL": rig.store}
        import_originals(rig, stores.values(), end, DAYS, "--config", settings)
        multiply(rig.path("curlew.db"), CHECKS)
        multiply_postgres(rig, CHECKS)
        bytes_stored = int(rig.sql("SELECT pg_database_size('fleet')")[0][0])
        ratio = bytes_stored / rig.path("curlew.db").stat().st_size
        note("postgres", f"{CHECKS} checks, {DAYS} days: {bytes_stored / 2**30:.2f} GiB, {ratio:.1f} times the file of SQLite")
        weigh(rig)
        figures = {name: ask(rig, store, end) for name, store in stores.items()}
        limits = {"page JSON of all checks with 90 bars, first after the start": 1500, "the same warm, median of 9": 150,
                  "one check's page over 365 days, median of 30": 30, "report over 90 days, with latencies": 3000}
        for what, limit in limits.items():
            ours, other = figures["PostgreSQL"][what], figures["SQLite"][what]
            note("postgres", f"{what}: {ours / max(other, 0.1):.1f} times as long as SQLite ({other:.1f} ms)")
            report("postgres", what, ours, limit, " ms", 1)
        report("postgres", "reports of both stores that differ", figures["SQLite"]["report"] != figures["PostgreSQL"]["report"], 0, "", 0)


def weigh(rig):
    """What one run and one day of one check take, with their part of the indexes."""
    for table, each, what in (("runs", 1, "a run"), ("five_minutes", 288, "a day of five minutes"), ("hours", 24, "a day of hours"),
                              ("days", 1, "a day")):
        size, rows = rig.sql(
            "SELECT sum(pg_total_relation_size(oid)), sum(greatest(reltuples, 0)) FROM pg_class "
            f"WHERE relkind = 'r' AND (relname = '{table}' OR relname ~ '^{table}_m?[0-9]+$')")[0]
        note("postgres", f"{what} of one check: {int(size) / float(rows) * each:.0f} bytes")


def server_seconds(rig):
    """CPU of the processes that serve connections now."""
    return sum(cpu_seconds(pid) for pid, in rig.sql(
        "SELECT pid FROM pg_stat_activity WHERE datname = 'fleet' AND pid <> pg_backend_pid()"))


def ask(rig, store, end):
    """Pages of a daemon that runs the checks by the store, and a report."""
    text = scenario_text.head("60s") + scenario_text.checks(CHECKS, f'http: {{url: "http://127.0.0.1:{rig.http_port}/"}}')
    port, name = free_port(), store.partition(":")[0]
    config = rig.service_file(name, pages="[{id: all, path: /status, title: All checks}]", retention=RETENTION)
    process = rig.start(CURLEW, "run", rig.write("checks.yaml", text), "--config", config, "--listen", f"127.0.0.1:{port}",
                        "--store", store, name=name)
    wait_for_port(port)
    before = cpu_seconds(process.pid)
    figures = {"page JSON of all checks with 90 bars, first after the start": fetch(port, "/status/status.json")[1]}
    note("postgres", f"{name}: {cpu_seconds(process.pid) - before:.2f} s of CPU until the first page, in the server so far {server_seconds(rig):.2f} s")
    time.sleep(2)
    figures["the same warm, median of 9"] = median(port, "/status/status.json", pause=1.2)
    pages = sorted(fetch(port, f"/status/checks/check-{number}")[1] for number in range(100, 130))
    figures["one check's page over 365 days, median of 30"] = pages[15]
    rig.stop(process)
    begin = time.monotonic()
    done = subprocess.run([CURLEW, "report", "--store", store, "--window", f"{DAYS}d", "--at", rfc3339(end), "--format", "csv"],
                          check=True, capture_output=True)
    figures["report over 90 days, with latencies"] = (time.monotonic() - begin) * 1000
    figures["report"] = hashlib.sha256(done.stdout).hexdigest()
    return figures


def rollup():
    """An hour of 10,000 checks of 60 s that nobody has rolled up, while a hub takes over; and who waits for a lock meanwhile."""
    with FleetRig() as rig:
        rig.postgres()
        checks, hour, step = 10_000, 3_600, 300
        # What lies a quarter of an hour back is rolled up.
        first = (int(time.time()) - 900) // step * step - hour
        lines = "".join(f'{{"check":"check-{number}","region":"local","slot_start":"{rfc3339(first)}","interval_ms":60000,'
                        '"verdict":"up","duration_ms":20}\n' for number in range(checks))
        subprocess.run([CURLEW, "import", rig.write("first.ndjson", lines), "--store", rig.store], check=True, capture_output=True)
        rig.sql("INSERT INTO runs (slot, interval_ms, duration_us, lag_ms, stream, attempts, mark) "
                f"SELECT ({first} + 60 * n) * 1000::bigint, 60000, 10000 + (random() * 50000)::int, 3, s.key, 1, "
                f"CASE WHEN random() < 0.001 THEN 2 ELSE 0 END FROM generate_series(1, {hour // 60 - 1}) n, streams s")
        rig.sql("VACUUM ANALYZE")
        waited, isOver = [], threading.Event()

        def watch():
            while not isOver.wait(0.05):
                waited.append(int(rig.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")[0][0]))

        watcher = threading.Thread(target=watch)
        watcher.start()
        begin = time.monotonic()
        rig.hub(rig.write("one.yaml", scenario_text.head("365d") + scenario_text.checks(1, 'tcp: {target: "127.0.0.1:1"}')))
        while time.monotonic() - begin < 120 and int(rig.sql("SELECT sealed FROM keeping")[0][0]) < (first + hour) * 1000:
            time.sleep(0.1)
        took = time.monotonic() - begin
        isOver.set()
        watcher.join()
        note("rollup", f"CPU of the server's connections: {server_seconds(rig):.1f} s; a lock was waited for in "
                       f"{sum(count > 0 for count in waited)} of {len(waited)} looks")
        buckets = int(rig.sql("SELECT count(*) FROM hours")[0][0])
        report("rollup", "one hour of 10,000 checks of 60 s, with the start of the hub", took, 30, " s", 1)
        report("rollup", "hours that are missing", checks - buckets, 0, "", 0)


cases = [postgres, rollup]
