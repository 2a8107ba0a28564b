"""The load rig: servers on loopback, curlew and blackbox_exporter as processes, and what the kernel says they used."""
import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
CURLEW = ROOT / ".build" / "release" / "curlew"
BLACKBOX = "prometheus-blackbox-exporter"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    """A port that is free for TCP and UDP, below the range that the kernel gives to connections."""
    while True:
        port = random.randrange(20_000, 30_000)
        try:
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                with socket.socket(socket.AF_INET, kind) as probe:
                    probe.bind(("127.0.0.1", port))
            return port
        except OSError:
            continue


def wait_for_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(0.02)
    sys.exit(f"nothing listens on port {port} after {seconds} s")


def cpu_seconds(pid):
    """User and system time of the whole process (proc(5), fields 14 and 15 of stat)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mib(pid):
    """Resident memory now and its peak."""
    values = {}
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, rest = line.partition(":")
        if name in ("VmRSS", "VmHWM"):
            values[name] = int(rest.split()[0]) / 1024
    return values["VmRSS"], values["VmHWM"]


def metrics(port):
    """The samples of a /metrics page: {"name{labels}": value}."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        text = answer.read().decode()
    samples = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            series, _, value = line.rpartition(" ")
            samples[series] = float(value)
    return samples


def total(samples, name, *parts):
    """The sum of all samples of a metric whose labels hold all parts."""
    return sum(
        value for series, value in samples.items()
        if (series == name or series.startswith(name + "{")) and all(part in series for part in parts))


def quantile_bound(before, after, name, quantile):
    """The upper bound of the bucket that holds the quantile of a histogram between two scrapes, in its own unit."""
    bounds = {}
    for samples, sign in ((after, 1), (before, -1)):
        for series, value in samples.items():
            if series.startswith(name + "_bucket{"):
                bound = float(series.split('le="')[1].split('"')[0].replace("+Inf", "inf"))
                bounds[bound] = bounds.get(bound, 0) + sign * value
    wanted = quantile * bounds.get(float("inf"), 0)
    return next((bound for bound in sorted(bounds) if bounds[bound] >= wanted), float("inf"))


class Rig:
    """Owns a folder and every process that it started."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="curlew-bench-"))
        self.processes = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            self.stop(process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        self.path(name).write_text(text)
        return self.path(name)

    def start(self, *command, name="process"):
        log = open(self.path(f"{name}.log"), "wb")
        process = subprocess.Popen([str(part) for part in command], stdout=log, stderr=log, cwd=self.folder)
        process.log_path = self.path(f"{name}.log")
        self.processes.append(process)
        return process

    def stop(self, process, how=signal.SIGTERM):
        if process.poll() is None:
            process.send_signal(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                process.kill()
                process.wait()

    # Servers

    def certificates(self):
        """An authority and a server certificate, RSA-2048 each."""
        if self.path("server.pem").exists():
            return
        run = lambda *arguments: subprocess.run(arguments, cwd=self.folder, check=True, capture_output=True)
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=bench authority",
            "-keyout", "ca.key", "-out", "ca.pem")
        run("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-keyout", "server.key",
            "-out", "server.csr")
        self.write("names.cnf", "subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-days", "20", "-extfile", "names.cnf", "-out", "server.pem")

    def nginx(self, log_requests=False):
        """nginx with a plain and a TLS port; answers with a small page."""
        self.certificates()
        self.http_port, self.https_port = free_port(), free_port()
        log = f"access_log {self.path('access.log')} times;" if log_requests else "access_log off;"
        self.write("nginx.conf", f"""
            daemon off; worker_processes 1; pid {self.path('nginx.pid')}; error_log {self.path('nginx-error.log')};
            worker_rlimit_nofile 20000;
            events {{ worker_connections 8192; }}
            http {{
              log_format times '$msec $uri'; {log}
              client_body_temp_path {self.folder}; proxy_temp_path {self.folder}; fastcgi_temp_path {self.folder};
              uwsgi_temp_path {self.folder}; scgi_temp_path {self.folder};
              ssl_session_cache off; ssl_session_tickets off;
              server {{
                listen 0.0.0.0:{self.http_port} backlog=8192 reuseport;
                listen 0.0.0.0:{self.https_port} ssl backlog=8192 reuseport;
                ssl_certificate server.pem; ssl_certificate_key server.key;
                location /json {{ default_type application/json; return 200 '{{"id": 7, "token": "t-1", "state": "SHIPPED"}}'; }}
                location / {{ default_type text/html; return 200 "<html><body>Welcome</body></html>\\n"; }}
              }}
            }}""")
        process = self.start("nginx", "-p", self.folder, "-c", self.path("nginx.conf"), name="nginx")
        wait_for_port(self.http_port)
        return process

    def name_server(self):
        """nsd with one small zone."""
        self.dns_port = free_port()
        self.write("bench.zone", "$TTL 60\n@ SOA ns hostmaster 1 60 60 60 60\n@ NS ns\nns A 127.0.0.1\nwww A 192.0.2.1\n")
        self.write("nsd.conf", f"""
            server:
              ip-address: 127.0.0.1@{self.dns_port}
              username: ""
              chroot: ""
              rrl-ratelimit: 0
              zonesdir: "{self.folder}"
              database: ""
              pidfile: "{self.path('nsd.pid')}"
              xfrdfile: "{self.path('xfrd.state')}"
              zonelistfile: "{self.path('zone.list')}"
              xfrdir: "{self.folder}"
            remote-control:
              control-enable: no
            zone:
              name: "bench.test"
              zonefile: "bench.zone"
            """)
        process = self.start("nsd", "-d", "-c", self.path("nsd.conf"), name="nsd")
        time.sleep(1)
        if process.poll() is not None:
            sys.exit(process.log_path.read_text())
        return process

    # The two programs

    def service_file(self, name, **more):
        lines = ["concurrency: {global: 4000, per_host: 4000}", "log: {level: error}"]
        lines += [f"{key}: {value}" for key, value in more.items()]
        return self.write(f"{name}.service.yaml", "\n".join(lines) + "\n")

    def curlew(self, scenario, name="curlew", **more):
        """The daemon with metrics and history on; waits until it listens."""
        port = free_port()
        process = self.start(
            CURLEW, "run", scenario, "--config", self.service_file(name, **more), "--listen", f"127.0.0.1:{port}",
            "--store", f"sqlite:{self.path(name + '.db')}", name=name)
        process.port = port
        wait_for_port(port)
        if process.poll() is not None:
            sys.exit(process.log_path.read_text())
        return process

    def modules(self):
        """A module for each kind of probe that is compared; both programs read it."""
        return self.write("blackbox.yml", f"""
modules:
  http: {{prober: http, http: {{preferred_ip_protocol: ip4}}}}
  https: {{prober: http, http: {{preferred_ip_protocol: ip4, tls_config: {{ca_file: {self.path('ca.pem')}}}}}}}
  tcp: {{prober: tcp, tcp: {{preferred_ip_protocol: ip4}}}}
  tls: {{prober: tcp, tcp: {{preferred_ip_protocol: ip4, tls: true, tls_config: {{ca_file: {self.path('ca.pem')}}}}}}}
  dns: {{prober: dns, dns: {{preferred_ip_protocol: ip4, query_name: www.bench.test, query_type: A}}}}
""")

    def exporter(self, *command, name):
        """A program with the flags of blackbox_exporter and the modules above."""
        port = free_port()
        process = self.start(
            *command, f"--config.file={self.modules()}", f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
            name=name)
        process.port = port
        wait_for_port(port)
        if process.poll() is not None:
            sys.exit(process.log_path.read_text())
        return process

    def blackbox(self):
        """blackbox_exporter itself."""
        return self.exporter(BLACKBOX, name="blackbox")

    def drop_in(self):
        """Curlew in its place."""
        return self.exporter(CURLEW, "blackbox", name="drop-in")
