"""A fleet on loopback: PostgreSQL with its durable settings, hubs, nodes, and a node of our own that speaks their protocol."""
import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import sys
import time

from rig import CURLEW, Rig, free_port, wait_for_port

MASK = (1 << 64) - 1


def stable_hash(text):
    """The hash that phases are derived from."""
    value = 0xcbf29ce484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001b3) & MASK
    value = ((value ^ (value >> 33)) * 0xff51afd7ed558ccd) & MASK
    value = ((value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53) & MASK
    return value ^ (value >> 33)


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return out


def zigzag(number):
    return varint((number << 1) ^ (number >> 63) if number < 0 else number << 1)


def batch(node, region, spool, first, runs, configuration, epoch):
    """A batch as nodes send it; `runs` are (check, slot start in ms, interval in ms)."""
    texts, table = {}, bytearray()

    def text(value):
        if value not in texts:
            texts[value] = len(texts)
            table.extend(varint(len(value.encode())) + value.encode())
        return texts[value]

    body = bytearray()
    body += varint(text(node)) + varint(text(region)) + varint(spool) + zigzag(first) + zigzag(1) + varint(len(runs))
    before = 0
    for check, start, interval in runs:
        body += varint(32) + varint(text(check)) + varint(text(region)) + varint(text(node) + 1)
        body += zigzag(start - before) + varint(interval) + zigzag(2) + varint(12_345) + varint(1)
        body += varint(configuration) + varint(epoch) + secrets.token_bytes(16)
        before = start
    return bytes([1]) + bytes(varint(len(texts))) + bytes(table) + bytes(body)


class Node:
    """A node that probes nothing: what it sends is made up."""

    def __init__(self, port, name, region, token):
        self.name, self.region = name, region
        self.spool = secrets.randbits(63)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.first = self.ask("/fleet/v1/register", {
            "protocolVersion": 1, "name": name, "region": region, "labels": {}, "version": "bench",
            "spool": f"{self.spool:016x}"})["acknowledged"] + 1
        self.configuration, self.epoch = 1, 1

    def post(self, path, body, kind):
        self.connection.request("POST", path, body, {**self.headers, "Content-Type": kind})
        answer = self.connection.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {content[:300]!r}")
        return json.loads(content)

    def ask(self, path, question):
        return self.post(path, json.dumps(question), "application/json")

    def beat(self):
        return self.ask("/fleet/v1/beats", {
            "node": self.name, "region": self.region, "configuration": self.configuration, "epoch": self.epoch,
            "spoolLength": 0, "dropped": 0, "checks": 0, "isLeaving": False})

    def push(self, runs):
        """Sends runs; what is answered."""
        body = batch(self.name, self.region, self.spool, self.first, runs, self.configuration, self.epoch)
        answer = self.post("/fleet/v1/runs", body, "application/vnd.curlew.runs")
        self.first = answer["acknowledged"] + 1
        return answer


class FleetRig(Rig):
    """PostgreSQL, hubs and nodes."""

    def postgres(self):
        """A cluster of its own, with fsync and synchronous commits as they come."""
        programs = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"))
        if not programs:
            sys.exit("no PostgreSQL here; install the package postgresql")
        self.programs, self.data = programs[-1], self.path("postgres")
        # The server refuses to run as root.
        self.as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.folder.chmod(0o755)
        self.data.mkdir()
        if self.as_user:
            shutil.chown(self.data, "postgres")
        subprocess.run([*self.as_user, self.programs / "initdb", "-D", self.data, "-U", "curlew", "-A", "trust", "--no-sync"],
                       check=True, capture_output=True, cwd="/")
        self.database_port = free_port()
        self.start_postgres()
        self.sql("CREATE DATABASE fleet", "postgres")
        self.store = f"postgres://curlew@127.0.0.1:{self.database_port}/fleet"

    def start_postgres(self):
        self.server = self.start(
            *self.as_user, self.programs / "postgres", "-D", self.data, "-p", self.database_port, "-h", "127.0.0.1",
            "-k", self.data, "-c", "max_connections=200", name="postgres")
        wait_for_port(self.database_port)
        end = time.monotonic() + 20
        while subprocess.run([self.programs / "pg_isready", "-h", "127.0.0.1", "-p", str(self.database_port)],
                             capture_output=True).returncode and time.monotonic() < end:
            time.sleep(0.1)

    def stop_postgres(self, how="fast"):
        subprocess.run([*self.as_user, self.programs / "pg_ctl", "-D", self.data, "-m", how, "stop"], check=True,
                       capture_output=True, cwd="/")
        self.server.wait(20)

    def sql(self, text, database="fleet"):
        """The rows of a query, each a list of texts."""
        done = subprocess.run(
            [self.programs / "psql", "-h", "127.0.0.1", "-p", str(self.database_port), "-U", "curlew", "-d", database, "-AtF", "\t",
             "-c", text], check=True, capture_output=True, text=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def tokens(self, regions):
        """A token for each region; and the entries of the service file."""
        self.token = {region: "curlew_" + secrets.token_urlsafe(32) for region in regions}
        return "[" + ", ".join(
            f"{{name: {region}, sha256: {hashlib.sha256(token.encode()).hexdigest()}, region: {region}}}"
            for region, token in self.token.items()) + "]"

    def hub(self, scenario, name="hub", port=None, **more):
        """A replica; waits until it listens."""
        port = port or free_port()
        process = self.start(
            CURLEW, "hub", scenario, "--config", self.service_file(name, **more), "--listen", f"127.0.0.1:{port}",
            "--store", self.store, name=name)
        process.port = port
        wait_for_port(port)
        return process

    def agent(self, ports, region, name):
        """A node that may ask hubs at these ports; waits until it listens."""
        port = free_port()
        token = self.write(f"{name}.token", self.token[region])
        process = self.start(
            CURLEW, "agent", *(word for number in ports for word in ("--hub", f"http://127.0.0.1:{number}")), "--region", region, "--name", name, "--token-file", token,
            "--spool", self.path(f"{name}.spool"), "--listen", f"127.0.0.1:{port}", "--log-level", "notice", name=name)
        process.port = port
        wait_for_port(port)
        return process
