#!/usr/bin/env python3
"""Checks the files of this folder without any container: syntax, and that they speak of what is there."""
import json
import pathlib
import re
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


def compose():
    document = yaml.safe_load((FOLDER / "compose.yaml").read_text())
    volumes = set(document["volumes"])
    for name, service in document["services"].items():
        check("image" in service, f"compose.yaml: service {name} has no image")
        for other in service.get("depends_on", []):
            check(other in document["services"], f"compose.yaml: {name} depends on {other}, which is no service")
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            exists = (FOLDER / source).exists() if source.startswith(".") else source in volumes
            check(exists, f"compose.yaml: {name} mounts {source}, which is not there")
    build = document["services"]["curlew"]["build"]
    dockerfile = (FOLDER / build["context"] / build["dockerfile"]).resolve()
    check(dockerfile == FOLDER / "Dockerfile", f"compose.yaml: builds {dockerfile}")


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
compose()
dashboards()
rules()
for problem in problems:
    print(problem)
print(f"docker: compose file, dashboards and rules, {len(problems)} problems")
sys.exit(1 if problems else 0)
