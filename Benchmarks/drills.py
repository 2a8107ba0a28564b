"""Drills: each part of a fleet is taken away twenty times under load, and every slot is looked for afterwards."""
import contextlib
import random
import signal
import socket
import threading
import time

from figures import note, report
from fleet import grid, probing
from fleetrig import FleetRig
from rig import metrics, total

TURNS = 20
# How long a network is cut, and from one cut to the next: several nodes are without it at once.
CUT_SECONDS, CUT_PACE = 600, 10
# What a node has not spooled yet when it is killed: it writes every 100 ms, and a run takes a while.
UNWRITTEN = 0.25


class Cut:
    """A way to a hub that can be cut: TCP is passed on, or nothing is."""

    def __init__(self, port):
        self.target, self.is_open, self.pairs = port, True, []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            if not self.is_open:
                client.close()
                continue
            try:
                upstream = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self.pairs += [client, upstream]
            for one, other in ((client, upstream), (upstream, client)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self):
        self.is_open = False
        pairs, self.pairs = self.pairs, []
        for end in pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_open = True


class Slots:
    """The slots that checks of one interval have in some regions, and those of them that have a run."""

    def __init__(self, rig, count, every, regions):
        self.rig, self.every, self.regions = rig, every, regions
        self.phases = {f"check-{number}": grid(f"check-{number}", every * 1000) for number in range(count)}

    def missing(self, start, end):
        """(region, slot start in seconds) of each slot of a window that has no run, and how many slots there are."""
        interval, expected, missing = self.every * 1000, 0, []
        for region in self.regions:
            rows = self.rig.sql(
                "SELECT c.id, r.slot FROM runs r JOIN streams s ON s.key = r.stream JOIN checks c ON c.key = s.check_key"
                f" JOIN run_regions g ON g.key = s.region_key WHERE g.name = '{region}'"
                f" AND r.slot >= {int(start * 1000)} AND r.slot <= {int(end * 1000)}")
            found = {(check, int(slot) // interval) for check, slot in rows}
            for check, phase in self.phases.items():
                for number in range(int(start * 1000) // interval, int(end * 1000) // interval + 1):
                    begin = (number * interval + phase) / 1000
                    if start < begin < end:
                        expected += 1
                        if (check, number) not in found:
                            missing.append((region, begin))
        return missing, expected


def losses():
    """Two hubs, two nodes in one region and one in another, 200 checks every 2 s: nodes, hubs and PostgreSQL are taken away."""
    with FleetRig() as rig:
        every, count, lease = 2, 200, 10
        scenario, nodes = probing(rig, count, f"{every}s", ["eu", "us"])
        hubs = [rig.hub(scenario, name=f"hub-{number}", nodes=nodes) for number in range(2)]
        ports = [hub.port for hub in hubs]
        places = {"eu-1": "eu", "eu-2": "eu", "us-1": "us"}
        agents = {name: rig.agent(ports, region, name) for name, region in places.items()}
        slots = Slots(rig, count, every, ["eu", "us"])
        time.sleep(25)
        dice = random.Random(1)
        killed = []

        def turn_node():
            name = dice.choice(["eu-1", "eu-2"])
            rig.stop(agents[name], signal.SIGKILL)
            killed.append(time.time())
            time.sleep(lease + every + 3)
            agents[name] = rig.agent(ports, places[name], name)
            time.sleep(8)

        def turn_hub():
            number = dice.randrange(2)
            rig.stop(hubs[number], signal.SIGKILL)
            time.sleep(10)
            hubs[number] = rig.hub(scenario, name=f"hub-{number}", port=ports[number], nodes=nodes)
            time.sleep(4)

        def turn_postgres():
            rig.stop_postgres(dice.choice(["fast", "immediate"]))
            time.sleep(4)
            rig.start_postgres()
            time.sleep(10)

        for name, turn in (("a node killed", turn_node), ("a hub killed", turn_hub), ("PostgreSQL restarted", turn_postgres)):
            begin = time.time()
            for _ in range(TURNS):
                turn()
            end = time.time()
            # What was under way, and what waited for a hub, has come by then.
            time.sleep(25)
            missing, expected = slots.missing(begin, end)
            excused = lambda region, start: name == "a node killed" and region == "eu" and any(
                moment - UNWRITTEN <= start <= moment + lease + every for moment in killed)
            lost = [slot for slot in missing if not excused(*slot)]
            note("losses", f"{name}, {TURNS} times: {len(missing)} of {expected} slots have no run, {len(missing) - len(lost)} of them by leases")
            report("losses", f"{name}: slots missing beyond what leases allow", len(lost) / expected * 100, 0.1, " %")
            if name == "a node killed":
                failover = max((start + every - moment for moment in killed for region, start in missing
                                if moment <= start <= moment + lease + every), default=0)
                report("losses", "from the kill to the first slot of each check again", failover, lease + every, " s", 1)
        report_doubled("losses", rig, hubs)


def report_doubled(case, rig, hubs):
    """The store has one run for each slot and region; what came for a slot that had one already is counted by the hubs."""
    doubled = rig.sql("SELECT count(*) FROM (SELECT stream, slot FROM runs GROUP BY 1, 2 HAVING count(*) > 1) AS twice")[0][0]
    report(case, "slots that were stored twice", int(doubled), 0, "", 0)
    made_twice = sum(total(metrics(hub.port), "curlew_fleet_runs_total", 'outcome="duplicate"') for hub in hubs)
    note(case, f"{made_twice:.0f} runs came for slots that another node had run (since the hubs were started last)")


def cuts():
    """Twenty regions of one node each, 200 checks every 5 s: each node's network is cut for ten minutes, several at a time."""
    with FleetRig() as rig:
        every, count = 5, 200
        regions = [f"r-{number}" for number in range(TURNS)]
        scenario, nodes = probing(rig, count, f"{every}s", regions)
        hubs = [rig.hub(scenario, name=f"hub-{number}", nodes=nodes) for number in range(2)]
        ways = {region: [Cut(hub.port) for hub in hubs] for region in regions}
        agents = {region: rig.agent([way.port for way in ways[region]], region, f"node-{region}") for region in regions}
        slots = Slots(rig, count, every, regions)
        time.sleep(60)
        begin, watched = time.time(), []

        def turn(number, region):
            time.sleep(number * CUT_PACE)
            for way in ways[region]:
                way.cut()
            time.sleep(CUT_SECONDS)
            backlog = total(metrics(agents[region].port), "curlew_spool_runs")
            for way in ways[region]:
                way.mend()
            watched.append((backlog, *watch(rig, agents[region], region, time.time())))

        threads = [threading.Thread(target=turn, args=pair) for pair in enumerate(regions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        end = time.time()
        time.sleep(2 * every)
        missing, expected = slots.missing(begin, end - every)
        backlogs, connects, drains, waits = zip(*watched)
        note("cuts", f"{TURNS} networks cut for {CUT_SECONDS} s: {min(backlogs):.0f} to {max(backlogs):.0f} runs waited; {len(missing)} of {expected} slots have no run")
        note("cuts", f"connected again after {min(connects):.1f} to {max(connects):.1f} s, drained {min(drains):.1f} to {max(drains):.1f} s later")
        report("cuts", "slots that are missing", len(missing) / expected * 100, 0.1, " %")
        report("cuts", "age of the newest run at the hub while a spool drains", max(waits), every, " s", 1)
        report_doubled("cuts", rig, hubs)


def watch(rig, agent, region, mended):
    """How long a node takes to be heard of again, then to drain its spool, and how old its newest stored run is meanwhile."""
    newest = ("SELECT coalesce(max(newest), 0) FROM (SELECT (SELECT max(slot) FROM runs WHERE stream = s.key) AS newest"
              f" FROM streams s JOIN run_regions g ON g.key = s.region_key WHERE g.name = '{region}') AS streams")
    connected, oldest = None, 0
    while time.time() - mended < 120:
        waiting = total(metrics(agent.port), "curlew_spool_runs")
        now, slot = time.time(), int(rig.sql(newest)[0][0]) / 1000
        if connected is None and slot > mended:
            connected = now
        if connected is not None:
            oldest = max(oldest, now - slot)
            # A few runs are always on their way.
            if waiting < 200:
                return connected - mended, now - connected, oldest
        time.sleep(0.25)
    return 120, 120, 120


cases = [losses, cuts]
