"""A fleet under load: what a hub takes in, how soon it decides, what a node costs, and what is lost when something breaks."""
import re
import threading
import time
import urllib.request

import scenario_text
from figures import note, report, report_up, up_share
from fleetrig import FleetRig, Node, stable_hash
from rig import cpu_seconds, memory_mib, metrics, quantile_bound, total


def grid(check, interval):
    """Where the slots of a check lie, in milliseconds: a phase, and the interval."""
    return stable_hash(check) % (interval * 1_000_000) / 1_000_000


def ingest():
    """Ten nodes of ten regions send what ten times 2,000 checks of one second would: 20,000 runs/s for 30 s, all stored and synced."""
    with FleetRig() as rig:
        rig.postgres()
        regions = [f"r-{number}" for number in range(10)]
        nodes = rig.tokens(regions)
        ids = [f"check-{number}" for number in range(2_000)]
        scenario = rig.write("scenario.yaml", scenario_text.head("1s", "500ms") + scenario_text.checks(
            2_000, 'tcp: {target: "127.0.0.1:1"}'))
        hub = rig.hub(scenario, nodes=nodes)
        time.sleep(3)
        seconds, sent, failures, replies = 30, [0] * 10, [], []
        phases = [grid(check, 1000) for check in ids]
        begin = int(time.time()) * 1000 + 2000

        def play(number):
            region = regions[number]
            try:
                node = Node(hub.port, f"node-{number}", region, rig.token[region])
                for second in range(seconds):
                    for half in range(2):
                        due = begin / 1000 + second + 1 + half * 0.5
                        time.sleep(max(0, due - time.time()))
                        part = range(half * 1000, half * 1000 + 1000)
                        runs = [(ids[n], int(begin + second * 1000 - 1000 + phases[n]), 1000) for n in part]
                        asked = time.monotonic()
                        answer = node.push(runs)
                        replies.append(time.monotonic() - asked)
                        sent[number] += len(runs)
                        if answer["duplicates"] or answer["replayed"]:
                            failures.append(answer)
                    if second % 3 == 0:
                        node.beat()
            except Exception as error:  # a node that gives up is a failure of the case
                failures.append(repr(error))

        threads = [threading.Thread(target=play, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        time.sleep(max(0, begin / 1000 - time.time()) + 3)
        before_cpu, before_stored, before = cpu_seconds(hub.pid), stored(rig), time.monotonic()
        time.sleep(seconds - 6)
        after_cpu, after_stored, after = cpu_seconds(hub.pid), stored(rig), time.monotonic()
        for thread in threads:
            thread.join()
        rate = (after_stored - before_stored) / (after - before)
        note("ingest", f"answers took {sorted(replies)[int(len(replies) * 0.99)] * 1000:.0f} ms (p99); {failures[:2]}")
        report("ingest", "durable runs a second, as a share of 20,000, less than 1 by", 1 - rate / 20_000, 0.02, "", 3)
        report("ingest", "CPU of the hub for each run", (after_cpu - before_cpu) / max(1, after_stored - before_stored) * 1e6, 40, " us", 1)
        time.sleep(2)
        report("ingest", "runs that were lost", sum(sent) - stored(rig), 0, "", 0)
        report("ingest", "runs that were doubled, or batches that failed", len(failures), 0, "", 0)


def stored(rig):
    return int(rig.sql("SELECT count(*) FROM runs")[0][0])


def probing(rig, checks, every, regions, extra=""):
    """nginx, PostgreSQL, and a scenario of so many checks against the one by the other."""
    rig.nginx()
    rig.postgres()
    return rig.write("scenario.yaml", scenario_text.head(every, "1s") + scenario_text.checks(
        checks, f'http: {{url: "http://127.0.0.1:{rig.http_port}/{{n}}"}}' + extra)), rig.tokens(regions)


def verdicts():
    """Three regions, 500 checks every 5 s: how long after the last vote of a slot it is decided, as the hub counts it."""
    with FleetRig() as rig:
        regions = ["eu", "us", "ap"]
        scenario, nodes = probing(rig, 500, "5s", regions)
        hub = rig.hub(scenario, nodes=nodes)
        agents = [rig.agent([hub.port], region, f"node-{region}") for region in regions]
        time.sleep(25)
        before = metrics(hub.port)
        time.sleep(30)
        after = metrics(hub.port)
        decided = total(after, "curlew_slots_total") - total(before, "curlew_slots_total")
        note("verdicts", f"{decided:.0f} slots were decided in 30 s (3,000 expected)")
        report("verdicts", "slots that were not decided", 3_000 - decided, 60, "", 0)
        report("verdicts", "from the last vote to the verdict, p99 <=",
               quantile_bound(before, after, "curlew_verdict_delay_seconds", 0.99), 1, " s")
        report_up("verdicts", "runs", up_share(metrics(agents[0].port)))


def agent():
    """A node with 10,000 checks every 60 s: memory, what it costs beside probing, and how soon it hears of a change."""
    with FleetRig() as rig:
        scenario, nodes = probing(rig, 10_000, "60s", ["eu"])
        hub = rig.hub(scenario, nodes=nodes)
        node = rig.agent([hub.port], "eu", "node-eu")
        alone = rig.curlew(scenario, name="alone")
        time.sleep(75)
        runs = lambda process: total(metrics(process.port), "curlew_runs_total")
        spent, made = [cpu_seconds(node.pid), cpu_seconds(alone.pid)], [runs(node), runs(alone)]
        time.sleep(60)
        cost = [(cpu_seconds(node.pid) - spent[0]) / 60 * 100, (cpu_seconds(alone.pid) - spent[1]) / 60 * 100]
        counted = [runs(node) - made[0], runs(alone) - made[1]]
        note("agent", f"a core's share: node {cost[0]:.2f} % ({counted[0]:.0f} runs), curlew run with history {cost[1]:.2f} % ({counted[1]:.0f} runs)")
        report("agent", "resident memory with 10,000 checks", memory_mib(node.pid)[0], 120, " MB", 0)
        report("agent", "share of a core beyond `curlew run` of the same checks", max(0, cost[0] - cost[1]), 5, " %", 2)
        report_up("agent", "runs", up_share(metrics(node.port)))
        rig.stop(alone)
        delays = []
        for turn in range(5):
            text = scenario.read_text() + scenario_text.checks(1, f'tcp: {{target: "127.0.0.1:{rig.http_port}"}}', f"new-{turn}")
            before = version(node)
            scenario.write_text(text)
            request = urllib.request.Request(f"http://127.0.0.1:{hub.port}/-/reload", method="POST")
            begin = time.monotonic()
            urllib.request.urlopen(request, timeout=30).read()
            reloaded = time.monotonic()
            while version(node) == before and time.monotonic() - begin < 30:
                time.sleep(0.01)
            delays.append(time.monotonic() - reloaded)
        note("agent", "after the reload was answered: " + ", ".join(f"{delay:.2f}" for delay in delays) + " s")
        report("agent", "from the hub's reload to a node that runs by it, worst of 5", max(delays), 2, " s", 2)


def version(node):
    """The version that a node runs by, as its log says. Its metrics say so too, in 32 MB that it would write again and again for
    us while it loads, and that take us longer to read than what is measured."""
    said = re.findall(r"configuration in force version=(\d+)", node.log_path.read_text())
    return int(said[-1]) if said else 0


cases = [ingest, verdicts, agent]
