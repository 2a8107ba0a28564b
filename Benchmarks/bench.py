"""Measures Curlew, beside blackbox_exporter where there is a peer, and prints each figure with its limit."""
import asyncio
import contextlib
import random
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import collections
import json

import drills
import exporter
import fleet
import postgres
import year
import scenario_text
from figures import note, report, report_up, results, up_share
from rig import CURLEW, ROOT, Rig, cpu_seconds, free_port, memory_mib, metrics, quantile_bound, total

def cpu_per_run(process, seconds, settle=6):
    """CPU milliseconds of the process for each run that it recorded, over a window after it has settled."""
    time.sleep(settle)
    before_runs, before_cpu = total(metrics(process.port), "curlew_runs_total"), cpu_seconds(process.pid)
    time.sleep(seconds)
    after_cpu, samples = cpu_seconds(process.pid), metrics(process.port)
    runs = total(samples, "curlew_runs_total") - before_runs
    up = up_share(samples)
    return (after_cpu - before_cpu) / max(1, runs) * 1000, runs / seconds, up


def compared(case, probe, module, target, rate, limit, absolute=None, every=5, seconds=10):
    """Runs the same probes at the same rate through curlew, then through blackbox_exporter, which curlew scrapes."""
    with Rig() as rig:
        rig.nginx()
        rig.name_server()
        fill = lambda text: text.format(http=rig.http_port, https=rig.https_port, dns=rig.dns_port, ca=rig.path("ca.pem"), n="{n}")
        scenario = rig.write("scenario.yaml", scenario_text.head(f"{every}s") + scenario_text.checks(rate * every, fill(probe)))
        ours = rig.curlew(scenario)
        own, own_rate, up = cpu_per_run(ours, seconds)
        rig.stop(ours)
        if up < 0.99:
            print(ours.log_path.read_text()[-2000:])
        peer = rig.blackbox()
        url = f"http://127.0.0.1:{peer.port}/probe?module={module}&target={fill(target)}"
        asking = scenario_text.head(f"{every}s") + scenario_text.checks(
            rate * every, f'http: {{url: "{url}", expect: [\'body.contains("probe_success 1")\']}}')
        asker = rig.curlew(rig.write("asker.yaml", asking), name="asker")
        time.sleep(6)
        before_runs, before_cpu = total(metrics(asker.port), "curlew_runs_total"), cpu_seconds(peer.pid)
        time.sleep(seconds)
        after_cpu, samples = cpu_seconds(peer.pid), metrics(asker.port)
        peer_runs = total(samples, "curlew_runs_total") - before_runs
        peer_up = up_share(samples)
        theirs = (after_cpu - before_cpu) / max(1, peer_runs) * 1000
        note(case, f"curlew {own:.4f} ms at {own_rate:.0f}/s ({up:.1%} up); blackbox_exporter {theirs:.4f} ms at "
                   f"{peer_runs / seconds:.0f}/s ({peer_up:.1%} up)")
        report_up(case, "runs", up)
        report_up(case, "probes of blackbox_exporter", peer_up)
        if absolute:
            report(case, "CPU per scheduled check", own, absolute, " ms", 4)
        report(case, "CPU per check, ratio to blackbox_exporter", own / theirs, limit)


def bare_curl():
    """What libcurl takes by itself for the requests of the case `http`, on this machine: the floor under its figure."""
    with Rig() as rig:
        rig.nginx()
        compiler = shutil.which("clang") or shutil.which("cc")
        if not compiler:
            return note("http", "no C compiler here, so the floor is not measured")
        program = rig.path("bare_curl")
        subprocess.run([compiler, "-O2", ROOT / "Benchmarks" / "bare_curl.c", "-o", program, "-lcurl"], check=True)
        spent = subprocess.run([program, f"http://127.0.0.1:{rig.http_port}/", "1000", "8"], check=True, capture_output=True, text=True)
        note("http", f"libcurl by itself takes {float(spent.stdout):.4f} ms here")


def http():
    bare_curl()
    compared("http", 'http: {{url: "http://127.0.0.1:{http}/"}}', "http", "http://127.0.0.1:{http}/", 1000, 0.25, 0.10)


def https():
    compared("https", 'http: {{url: "https://localhost:{https}/", tls: {{ca: "{ca}"}}, ip: 4}}', "https",
             "https://localhost:{https}/", 400, 0.75)


def tcp():
    compared("tcp", 'tcp: {{target: "127.0.0.1:{http}"}}', "tcp", "127.0.0.1:{http}", 1000, 0.35)


def tls():
    compared("tls", 'tls: {{target: "localhost:{https}", tls: {{ca: "{ca}"}}, ip: 4}}', "tls", "localhost:{https}", 400, 0.60)


def dns():
    compared("dns", 'dns: {{name: www.bench.test, server: "127.0.0.1:{dns}"}}', "dns", "127.0.0.1:{dns}", 1000, 0.40)


def many():
    """10,000 checks every 10 s for 60 s."""
    with Rig() as rig:
        rig.nginx()
        text = scenario_text.head("10s") + scenario_text.checks(10_000, f'http: {{url: "http://127.0.0.1:{rig.http_port}/"}}')
        process = rig.curlew(rig.write("many.yaml", text))
        time.sleep(12)
        before = metrics(process.port)
        time.sleep(60)
        after = metrics(process.port)
        _, peak = memory_mib(process.pid)
        count = total(after, "curlew_runs_total") - total(before, "curlew_runs_total")
        note("many", f"{count / 60:.0f} runs a second")
        report_up("many", "runs", up_share(after))
        report("many", "missed slots in 60 s", total(after, "curlew_scheduler_missed_slots_total")
               - total(before, "curlew_scheduler_missed_slots_total"), 0, "", 0)
        lag = quantile_bound(before, after, "curlew_scheduler_lag_seconds", 0.99)
        report("many", "start lag p99 (upper bound of its bucket)", lag * 1000, 50, " ms", 1)
        report("many", "peak resident memory", peak, 200, " MB", 1)


class Silent:
    """A port that accepts and never says a word, and a name server that never answers."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("0.0.0.0", 0))
        self.listener.listen(4096)
        self.port = self.listener.getsockname()[1]
        self.names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.names.bind(("127.0.0.1", 0))
        self.name_port = self.names.getsockname()[1]
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.held.append(connection)
            if len(self.held) > 2000:
                self.held.pop(0).close()


def blackholes():
    """500 healthy checks alone, then beside 250 that never answer and 250 whose name server never answers."""
    with Rig() as rig:
        rig.nginx()
        silent = Silent()
        healthy = scenario_text.head("5s") + scenario_text.checks(500, f'http: {{url: "http://127.0.0.1:{rig.http_port}/"}}', "healthy")
        dead = scenario_text.checks(250, f'http: {{url: "http://127.2.0.{{n}}:{silent.port}/"}}', "silent")
        dead += scenario_text.checks(250, f'http: {{url: "http://host{{n}}.nowhere.test:{silent.port}/"}}', "nameless")
        means, lags = [], []
        for name, text in (("alone", healthy), ("beside", healthy + dead)):
            process = rig.curlew(rig.write(f"{name}.yaml", text), name=name, resolver=f"{{servers: ['127.0.0.1:{silent.name_port}']}}")
            time.sleep(11)
            before = metrics(process.port)
            time.sleep(30)
            after = metrics(process.port)
            part = 'check="healthy-'
            seconds = total(after, "curlew_run_duration_seconds_sum", part) - total(before, "curlew_run_duration_seconds_sum", part)
            count = total(after, "curlew_run_duration_seconds_count", part) - total(before, "curlew_run_duration_seconds_count", part)
            up = up_share(after, part)
            missed = total(after, "curlew_scheduler_missed_slots_total")
            means.append(seconds / count * 1000)
            lags.append(quantile_bound(before, after, "curlew_scheduler_lag_seconds", 0.99) * 1000)
            note("blackholes", f"{name}: healthy mean {means[-1]:.3f} ms, {up:.1%} up, lag p99 <= {lags[-1]:g} ms, {missed:.0f} missed, "
                               f"down {total(after, 'curlew_runs_total', 'down'):.0f}")
            report_up("blackholes", f"healthy checks' runs, {name},", up)
            rig.stop(process)
        report("blackholes", "lag p99 of all starts (upper bound of its bucket)", lags[1], 50, " ms", 1)
        report("blackholes", "healthy durations, beside / alone", means[1] / means[0], 1.10)


def journey():
    """A journey of five steps, with captures, expectations and cookies' jar, every 5 s."""
    with Rig() as rig:
        rig.nginx()
        base = f"http://127.0.0.1:{rig.http_port}"
        steps = scenario_text.journey(
            f'{{step: login, http: {{url: "{base}/json", method: POST, json: {{user: probe}}}}, capture: {{token: json.token}}}}',
            f'{{step: search, http: {{url: "{base}/?q=${{token}}"}}, expect: [status == 200, \'body.contains("Welcome")\']}}',
            f'{{step: order, http: {{url: "{base}/json", method: POST, json: {{sku: A-1}}}}, capture: {{order: json.id}}}}',
            f'{{step: shipped, http: {{url: "{base}/json?order=${{order}}"}}, until: [\'json.state == "SHIPPED"\']}}',
            f'{{step: logout, http: {{url: "{base}/", headers: {{Authorization: "Bearer ${{token}}"}}}}}}')
        process = rig.curlew(rig.write("journey.yaml", scenario_text.head("5s") + scenario_text.checks(500, steps)))
        own, rate, up = cpu_per_run(process, 20)
        if up < 0.99:
            print(process.log_path.read_text()[-2000:])
        note("journey", f"{rate:.0f} journeys a second, {rate * 5:.0f} requests")
        report_up("journey", "runs", up)
        report("journey", "CPU of a journey of five steps", own, 1.2, " ms")


class Late:
    """A server that answers each request after five seconds, on one thread."""

    def __init__(self):
        self.port = free_port()
        self.most = self.now = 0
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()

    async def answer(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                self.now += 1
                self.most = max(self.most, self.now)
                await asyncio.sleep(5)
                self.now -= 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                await writer.drain()
        writer.close()

    async def serve(self):
        server = await asyncio.start_server(self.answer, "127.0.0.1", self.port, backlog=1024)
        async with server:
            await server.serve_forever()


def threads(pid):
    return int(next(line for line in open(f"/proc/{pid}/status") if line.startswith("Threads")).split()[1])


def most_threads(process, seconds):
    """Those that write history come and go."""
    most = 0
    for _ in range(2 * seconds):
        time.sleep(0.5)
        most = max(most, threads(process.pid))
    return most


def inflight():
    """200 journeys at a time, each of whose steps waits five seconds for its answer."""
    with Rig() as rig:
        server = Late()
        idle = rig.curlew(rig.write("idle.yaml", scenario_text.head("30s") + scenario_text.checks(
            1, f'http: {{url: "http://127.0.0.1:{server.port}/"}}')), name="idle")
        before = most_threads(idle, 20)
        rig.stop(idle)
        steps = scenario_text.journey(
            *(f'{{step: s{number}, http: {{url: "http://127.0.0.1:{server.port}/{number}"}}}}' for number in range(3)))
        text = scenario_text.head("20s", "18s") + scenario_text.checks(400, steps)
        process = rig.curlew(rig.write("inflight.yaml", text))
        most = most_threads(process, 45)
        samples = metrics(process.port)
        _, peak = memory_mib(process.pid)
        note("inflight", f"{server.most} requests waited at a time; {most} threads, {before} with one check")
        report_up("inflight", "runs", up_share(samples))
        report("inflight", "journeys in flight short of 200", max(0, 200 - server.most), 0, "", 0)
        report("inflight", "threads more than with one check", most - before, 0, "", 0)
        report("inflight", "peak resident memory", peak, 120, " MB", 1)


class Delays:
    """A TLS server that waits before the handshake, before the head, and before the body."""

    def __init__(self, rig):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(rig.path("server.pem"), rig.path("server.key"))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.delays = (0, 0, 0)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            handshake, head, body = self.delays
            try:
                time.sleep(handshake)
                with self.context.wrap_socket(connection, server_side=True) as stream:
                    stream.recv(65536)
                    time.sleep(head)
                    stream.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
                    time.sleep(body)
                    stream.sendall(b"67890")
            except OSError:
                pass


def phases():
    """Whether a delay of the server shows in its own phase, whole, and in no other."""
    with Rig() as rig:
        rig.certificates()
        server = Delays(rig)
        names = ("resolve", "connect", "tls", "wait", "receive")

        def probe(delays):
            server.delays = delays
            output = subprocess.run(
                [CURLEW, "probe", "http", f"https://127.0.0.1:{server.port}/", "--insecure", "--format", "json"],
                capture_output=True, text=True, check=True).stdout
            return json.loads(output)["facts"]["phases"]

        base = {name: min(probe((0, 0, 0))[name] for _ in range(5)) for name in names}
        worst = 0.0
        for place, delayed in enumerate(("tls", "wait", "receive")):
            for delay in (0.05, 0.2, 0.5):
                delays = [0, 0, 0]
                delays[place] = delay
                # The server's own scheduling is noise that only adds: the best of three is what the server really did.
                seen = [probe(tuple(delays)) for _ in range(3)]
                for name in names:
                    wanted = delay if name == delayed else 0
                    error = min(abs(one[name] - base[name] - wanted) for one in seen)
                    allowed = max(0.005, 0.02 * wanted)
                    worst = max(worst, error / allowed)
        report("phases", "largest error, as a share of what is allowed (5 ms or 2 %)", worst, 1.0)


def loading():
    """From the start of the process to the first connection of 10,000 checks."""
    with Rig() as rig:
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        text = scenario_text.head("10s") + scenario_text.checks(10_000, f'http: {{url: "http://127.0.0.1:{listener.getsockname()[1]}/"}}')
        path = rig.write("many.yaml", text)
        times = []
        for turn in range(3):
            begin = time.monotonic()
            process = rig.start(CURLEW, "run", path, "--listen", "127.0.0.1:0", "--store", f"sqlite:{rig.path(f'l{turn}.db')}", name="loading")
            connection, _ = listener.accept()
            times.append(time.monotonic() - begin)
            connection.close()
            rig.stop(process, signal.SIGKILL)
            listener.setblocking(False)
            try:
                while True:
                    listener.accept()[0].close()
            except BlockingIOError:
                listener.setblocking(True)
        report("loading", "10,000 checks from files to the first probe, median of 3", sorted(times)[1], 2.0, " s")


def check():
    """`curlew check` as a pipeline runs it: 500 files of one check each, and how soon the first request of one file is made."""
    with Rig() as rig:
        rig.nginx()
        folder = rig.path("files")
        folder.mkdir()
        for number in range(500):
            (folder / f"check-{number}.yaml").write_text(
                f"version: 1\nchecks:\n  - {{id: check-{number}, http: {{url: \"http://127.0.0.1:{rig.http_port}/{number}\"}}}}\n")
        times = []
        for _ in range(5):
            begin = time.monotonic()
            output = subprocess.run([CURLEW, "check", folder], check=True, capture_output=True, text=True).stdout
            times.append(time.monotonic() - begin)
            if "500 checks: 500 up" not in output:
                sys.exit(f"not all checks were up:\n{output[-2000:]}")
        report("check", "500 files of one check, the whole command, median of 5", sorted(times)[2], 1.5, " s")
        listener = socket.create_server(("127.0.0.1", 0))
        path = rig.write("one.yaml", f"version: 1\nchecks:\n  - {{id: one, http: {{url: \"http://127.0.0.1:{listener.getsockname()[1]}/\"}}}}\n")
        times = []
        for _ in range(9):
            begin = time.monotonic()
            process = subprocess.Popen([CURLEW, "check", path], stdout=subprocess.DEVNULL)
            connection, _ = listener.accept()
            connection.recv(1)
            times.append((time.monotonic() - begin) * 1000)
            connection.close()
            process.wait()
        report("check", "one file, from the start of the process to its first request, median of 9", sorted(times)[4], 40, " ms", 1)


def availability():
    """Availability of 10,000 checks over 90 days, most of it from roll-ups."""
    with Rig() as rig:
        path = rig.path("runs.ndjson")
        end = int(time.time()) // 86_400 * 86_400
        with open(path, "w") as lines:
            for day in range(90):
                moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end - (90 - day) * 86_400 + 3600))
                for check in range(10_000):
                    verdict = "down" if (check * 31 + day) % 50 == 0 else "up"
                    lines.write(f'{{"check":"check-{check}","region":"local","slot_start":"{moment}","interval_ms":86400000,'
                                f'"verdict":"{verdict}","duration_ms":{5 + check % 90}}}\n')
        store = f"sqlite:{rig.path('history.db')}"
        begin = time.monotonic()
        subprocess.run([CURLEW, "import", path, "--store", store], check=True, capture_output=True)
        note("availability", f"900,000 runs imported in {time.monotonic() - begin:.1f} s, "
                             f"{rig.path('history.db').stat().st_size / 2**20:.0f} MiB")
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(end))
        times = []
        for _ in range(5):
            begin = time.monotonic()
            output = subprocess.run([CURLEW, "report", "--store", store, "--window", "90d", "--at", at, "--format", "csv", "--no-latency"],
                                    check=True, capture_output=True, text=True)
            times.append((time.monotonic() - begin) * 1000)
        lines = output.stdout.count("\n") - 1
        report("availability", f"{lines} checks over 90 days, the whole command, median of 5", sorted(times)[2], 150, " ms", 1)


def kill():
    """kill -9 at any moment, fifty times under load; what the server was asked is held against what history has."""
    every = 500
    with Rig() as rig:
        rig.nginx(log_requests=True)
        text = scenario_text.head(f"{every}ms", "400ms") + scenario_text.checks(250, f'http: {{url: "http://127.0.0.1:{rig.http_port}/{{n}}"}}')
        scenario = rig.write("kill.yaml", text)
        opened = 0
        # Number of the check, moment in milliseconds, and whether it was older than a second when the process was killed.
        asked = []
        random.seed(7)
        access = rig.path("access.log")
        for turn in range(50):
            offset = access.stat().st_size
            process = rig.curlew(scenario)
            time.sleep(1.2 + random.random() * 1.5)
            process.kill()
            killed = time.time()
            process.wait()
            with open(access) as lines:
                lines.seek(offset)
                for line in lines:
                    moment, uri = line.split()
                    asked.append((int(uri[1:]), round(float(moment) * 1000), float(moment) < killed - 1))
            opened += integrity(rig)
        stored, good = runs(rig)
        # A run starts within the first fifth of its slot, so the moment of the request says which slot it was.
        phases = {number: min(slots) % every for number, slots in stored.items()}
        slots = [(number, (moment - phases.get(number, 0)) // every * every + phases.get(number, 0)) for number, moment, _ in asked]
        lost = sum(1 for (number, slot), (_, _, is_old) in zip(slots, asked) if is_old and slot not in stored.get(number, ()))
        twice = sum(count - 1 for count in collections.Counter(slots).values())
        count = sum(map(len, stored.values()))
        note("kill", f"{len(asked)} requests, {sum(is_old for _, _, is_old in asked)} of them older than a second, {count} runs recorded")
        report_up("kill", "runs", good / max(1, count))
        report("kill", "histories out of 50 that did not open whole", 50 - opened, 0, "", 0)
        report("kill", "runs older than 1 s that were lost", lost, 0, "", 0)
        report("kill", "requests beyond the first of a slot", twice, 0, "", 0)


def runs(rig):
    """The starts of the slots that history has of each check, by its number, and how many runs were up."""
    stored, good = {}, 0
    with sqlite3.connect(rig.path("curlew.db")) as database:
        for check, slot, mark in database.execute(
                "SELECT checks.id, runs.slot, runs.mark FROM runs JOIN streams ON streams.key = runs.stream "
                "JOIN checks ON checks.key = streams.check_key"):
            stored.setdefault(int(check.rpartition("-")[2]), set()).add(slot)
            good += mark == 0
    return stored, good


def integrity(rig):
    with sqlite3.connect(rig.path("curlew.db")) as database:
        return database.execute("PRAGMA quick_check").fetchone()[0] == "ok"


cases = [http, https, tcp, tls, dns, many, blackholes, journey, inflight, phases, loading, check, availability, kill] + exporter.cases + year.cases + fleet.cases + postgres.cases + drills.cases


def main():
    names = {case.__name__: case for case in cases}
    wanted = sys.argv[1:] or list(names)
    for name in wanted:
        if name not in names:
            sys.exit(f"no case '{name}'; there are {', '.join(names)}")
    if not CURLEW.exists():
        sys.exit("no release build; run `make bench`, which makes one")
    for name in wanted:
        names[name]()
    missed = results.count(False)
    print(f"\n{len(results)} figures, {missed} over their limit")
    sys.exit(1 if missed else 0)


main()
