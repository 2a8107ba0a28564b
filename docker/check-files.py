#!/usr/bin/env python3
"""Checks the files of this folder without any container: syntax, and that they speak of what is there."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

FOLDER = pathlib.Path(__file__).resolve().parent
ROOT = FOLDER.parent
problems = []


def check(holds, problem):
    if not holds:
        problems.append(problem)


def run(*command):
    """What a tool says against the files, if it does."""
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=FOLDER / "prometheus")
    check(result.returncode == 0, f"{' '.join(map(str, command))}:\n{result.stdout}{result.stderr}")


def compose(file, made=()):
    """`made` are the folders that a script makes, of which nothing is there yet."""
    place, name_of_file = file.parent, file.relative_to(FOLDER)
    document = yaml.safe_load(file.read_text())
    volumes = set(document["volumes"])
    for name, service in document["services"].items():
        check("image" in service, f"{name_of_file}: service {name} has no image")
        for other in service.get("depends_on", []):
            check(other in document["services"], f"{name_of_file}: {name} depends on {other}, which is no service")
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            exists = (place / source).exists() if source.startswith(".") else source in volumes
            check(exists or source.startswith(made), f"{name_of_file}: {name} mounts {source}, which is not there")
        if "build" in service:
            dockerfile = (place / service["build"]["context"] / service["build"]["dockerfile"]).resolve()
            check(dockerfile == FOLDER / "Dockerfile", f"{name_of_file}: {name} builds {dockerfile}")


def units():
    """The units as systemd reads them, where it is installed; their program is not."""
    if not shutil.which("systemd-analyze"):
        return
    with tempfile.TemporaryDirectory() as folder:
        for unit in sorted((FOLDER / "systemd").glob("*.service")):
            text = unit.read_text().replace("/usr/local/bin/curlew", "/bin/true")
            # A user that is not on this machine.
            text = re.sub(r"^(User|Group)=.*$", "", text, flags=re.M)
            copy = pathlib.Path(folder) / unit.name
            copy.write_text(text)
            run("systemd-analyze", "verify", "--man=no", copy)


def balancer():
    """nginx reads its file, with hubs and certificates that are not there left out."""
    if not shutil.which("nginx") or not shutil.which("openssl"):
        return
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=balancer", "-keyout", place / "hub.key",
             "-out", place / "hub.pem"], check=True, capture_output=True)
        text = (FOLDER / "fleet/nginx.conf").read_text()
        text = text.replace("/etc/nginx/tls", folder).replace("hub-1:", "127.0.0.1:").replace("hub-2:", "127.0.0.2:")
        # Debian 12 has nginx 1.22, which says it with the listener.
        text = text.replace("listen 443 ssl;", f"listen unix:{folder}/socket ssl http2;").replace("http2 on;", "")
        (place / "nginx.conf").write_text(f"pid {folder}/pid; error_log {folder}/log;\n" + text)
        run("nginx", "-t", "-q", "-c", place / "nginx.conf")


def metric_names():
    """Every name that the sources register, with what its type adds."""
    names = {"up"}
    for source in ["Recording/MetricFamilies.swift", "Exposition/ProcessMetrics.swift"]:
        names |= set(re.findall(r'"((?:curlew|process)_[a-z0-9_]+)"', (ROOT / "Sources" / source).read_text()))
    return names | {name + suffix for name in names for suffix in ("_bucket", "_sum", "_count")}


def expressions(panels):
    for panel in panels:
        yield from ((panel["title"], target["expr"]) for target in panel.get("targets", []))
        yield from expressions(panel.get("panels", []))


def dashboards():
    sources = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"]
    yaml.safe_load((FOLDER / "grafana/provisioning/dashboards/curlew.yaml").read_text())
    uids = {source["uid"] for source in sources}
    rules = []
    for path in sorted((FOLDER / "grafana/dashboards").glob("*.json")):
        dashboard = json.loads(path.read_text())
        ids = [panel["id"] for panel in dashboard["panels"]]
        check(len(ids) == len(set(ids)), f"{path.name}: two panels have one id")
        variables = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
        check(variables["datasource"]["current"]["value"] in uids, f"{path.name}: its data source is not provisioned")
        for title, expression in expressions(dashboard["panels"]):
            for name in re.findall(r"\$(\w+)", expression):
                check(name in variables or name.startswith("__"), f"{path.name}, {title}: ${name} is no variable")
            known(expression, f"{path.name}, {title}")
            plain = re.sub(r"\$__(rate_interval|range)", "5m", expression)
            rules.append({"record": "dashboard:expression", "expr": plain, "labels": {"panel": f"{title} {len(rules)}"}})
    # promtool reads rules, not dashboards.
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        yaml.safe_dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)
        file.flush()
        run("promtool", "check", "rules", file.name)


def known(expression, place):
    for name in re.findall(r"(?<![:\w])((?:curlew|process)_\w+)(?=[{\[)\s]|$)", expression):
        check(name in names, f"{place}: no metric is called {name}")


def rules():
    for group in yaml.safe_load((FOLDER / "prometheus/rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            known(rule["expr"], f"rules.yml, {rule.get('alert') or rule.get('record')}")
    alerts = re.findall(r"alert: (\w+)", (FOLDER / "prometheus/rules.yml").read_text())
    tested = (FOLDER / "prometheus/rules.test.yml").read_text()
    documented = (ROOT / "docs/metrics.md").read_text()
    for alert in alerts:
        check(f"alertname: {alert}" in tested, f"rules.test.yml: {alert} is not tested")
        check(f"`{alert}`" in documented, f"docs/metrics.md: {alert} is not described")
    run("promtool", "check", "config", "prometheus.yml")
    run("promtool", "test", "rules", "rules.test.yml")


names = metric_names()
compose(FOLDER / "compose.yaml")
compose(FOLDER / "fleet/compose.yaml", made=("./private",))
units()
balancer()
dashboards()
rules()
for problem in problems:
    print(problem)
print(f"docker: compose files, units, dashboards and rules, {len(problems)} problems")
sys.exit(1 if problems else 0)
