"""Curlew in the place of blackbox_exporter: both in one run, the same modules, targets and load."""
import json
import shutil
import socket
import subprocess
import threading
import time

from figures import note, report
from rig import ROOT, Rig, cpu_seconds, memory_mib


class Scraper:
    """Asks for probes as Prometheus does."""

    def __init__(self, rig):
        compiler = shutil.which("clang") or shutil.which("cc")
        self.program = rig.path("scraper")
        subprocess.run(
            [compiler, "-D_GNU_SOURCE", "-O2", ROOT / "Benchmarks" / "scraper.c", "-o", self.program, "-lz", "-lpthread"], check=True)

    def ask(self, process, module, target, rate, connections, count, timeout=10):
        """What came of so many probes at so many a second; 0 is as fast as they are answered."""
        path = f"/probe?module={module}&target={target}"
        spent = subprocess.run(
            [str(part) for part in (self.program, process.port, path, rate, connections, count, timeout)],
            check=True, capture_output=True, text=True)
        return json.loads(spent.stdout)


def cpu_per_probe(scraper, process, module, target, rate, count):
    """CPU milliseconds of the process for each probe, and the share of probes that succeeded, after a warm-up."""
    scraper.ask(process, module, target, rate, 8, rate)
    before = cpu_seconds(process.pid)
    answer = scraper.ask(process, module, target, rate, 8, count)
    return (cpu_seconds(process.pid) - before) / count * 1000, answer["succeeded"] / count, answer


def compared(case, module, target, rate, limit, seconds=8):
    """The same probes at the same rate through one, then through the other."""
    with Rig() as rig:
        rig.nginx()
        rig.name_server()
        scraper = Scraper(rig)
        target = target.format(http=rig.http_port, https=rig.https_port, dns=rig.dns_port)
        figures = []
        for start in (rig.drop_in, rig.blackbox):
            process = start()
            figures.append(cpu_per_probe(scraper, process, module, target, rate, rate * seconds))
            rig.stop(process)
        (ours, our_share, _), (theirs, their_share, _) = figures
        note(case, f"curlew {ours:.4f} ms ({our_share:.1%} up); blackbox_exporter {theirs:.4f} ms ({their_share:.1%} up) at {rate}/s")
        report(case, "probes that did not succeed, of both", (2 - our_share - their_share) * 50, 1, " %", 2)
        report(case, "CPU per /probe, ratio to blackbox_exporter", ours / theirs, limit)


def probe_http():
    compared("probe_http", "http", "http://127.0.0.1:{http}/", 500, 0.40)


def probe_https():
    compared("probe_https", "https", "https://localhost:{https}/", 250, 0.85)


def probe_tcp():
    compared("probe_tcp", "tcp", "127.0.0.1:{http}", 500, 0.45)


def probe_tls():
    compared("probe_tls", "tls", "localhost:{https}", 250, 0.60)


def probe_dns():
    compared("probe_dns", "dns", "127.0.0.1:{dns}", 500, 0.60)


def probe_memory():
    """Resident memory at rest, after 50,000 probes and after 200,000."""
    with Rig() as rig:
        rig.nginx()
        scraper = Scraper(rig)
        for start, limits in ((rig.drop_in, (30, 40, 2)), (rig.blackbox, None)):
            process = start()
            time.sleep(5)
            rest = memory_mib(process.pid)[0]
            target = f"http://127.0.0.1:{rig.http_port}/"
            scraper.ask(process, "http", target, 0, 16, 50_000)
            after = memory_mib(process.pid)[0]
            scraper.ask(process, "http", target, 0, 16, 150_000)
            end = memory_mib(process.pid)[0]
            rig.stop(process)
            if limits:
                report("probe_memory", "resident memory at rest", rest, limits[0], " MiB", 1)
                report("probe_memory", "resident memory after 50,000 probes", after, limits[1], " MiB", 1)
                report("probe_memory", "growth from 50,000 to 200,000 probes", end - after, limits[2], " MiB", 1)
            else:
                note("probe_memory", f"blackbox_exporter: {rest:.1f} MiB at rest, {after:.1f} after 50,000, {end:.1f} after 200,000")


class HealthWatch:
    """Asks /-/healthy again and again from a thread of its own, and keeps the longest time to an answer."""

    def __init__(self, port):
        self.port, self.longest, self.count, self.ended = port, 0.0, 0, False
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended = True
        self.thread.join()

    def run(self):
        while not self.ended:
            begin = time.monotonic()
            with socket.create_connection(("127.0.0.1", self.port), 10) as connection:
                connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                while connection.recv(4096):
                    pass
            self.longest, self.count = max(self.longest, (time.monotonic() - begin) * 1000), self.count + 1
            time.sleep(0.02)


def probe_blackholes():
    """2,000 probes at a time of a port that takes connections and never answers."""
    with Rig() as rig:
        scraper = Scraper(rig)
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        held = []

        def hold():
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=hold, daemon=True).start()
        target = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        for start, limits in ((rig.drop_in, (120, 200, 50)), (rig.blackbox, None)):
            process = start()
            time.sleep(1)
            with HealthWatch(process.port) as health:
                # Over one second, so that accepting them is not what is measured; the deadline is 4.5 s.
                answer = scraper.ask(process, "http", target, 2000, 2000, 2000, 5)
            peak = memory_mib(process.pid)[1]
            rig.stop(process)
            late = answer["longest_ms"] - 4500
            if limits:
                report("probe_blackholes", "probes of 2,000 without an answer", 2000 - answer["answered"], 0, "", 0)
                report("probe_blackholes", "peak memory with 2,000 at a time", peak, limits[0], " MiB", 1)
                report("probe_blackholes", "the last answer after its deadline", late, limits[1], " ms", 1)
                report("probe_blackholes", f"the slowest of {health.count} answers of /-/healthy", health.longest, limits[2], " ms", 1)
            else:
                note("probe_blackholes", f"blackbox_exporter: {peak:.1f} MiB, the last answer {late:.0f} ms after its deadline, "
                                         f"/-/healthy within {health.longest:.0f} ms")
            for connection in held:
                connection.close()
            held.clear()
        listener.close()


def probe_latency():
    """What the exporter adds to a probe, at half of the load that it can bear."""
    with Rig() as rig:
        rig.nginx()
        scraper = Scraper(rig)
        target = f"http://127.0.0.1:{rig.http_port}/"
        for start, limit in ((rig.drop_in, 2), (rig.blackbox, None)):
            process = start()
            scraper.ask(process, "http", target, 0, 4, 2000)
            full = scraper.ask(process, "http", target, 0, 4, 5000)
            rate = 5000 / full["seconds"] / 2
            answer = scraper.ask(process, "http", target, rate, 8, int(rate * 8))
            rig.stop(process)
            note("probe_latency", f"{process.args[0]} at {rate:.0f}/s: median {answer['added_p50_ms']:.2f} ms, p99 {answer['added_p99_ms']:.2f} ms")
            if limit:
                report("probe_latency", "p99 of what is added to the probe at half load", answer["added_p99_ms"], limit, " ms", 2)


cases = [probe_http, probe_https, probe_tcp, probe_tls, probe_dns, probe_memory, probe_blackholes, probe_latency]
