"""Scenario files of many like checks."""


def head(every, timeout="4s"):
    return f"version: 1\ndefaults: {{every: {every}, timeout: {timeout}}}\nchecks:\n"


def checks(count, probe, prefix="check"):
    """`probe` is the YAML of the probe; `{n}` in it is the check's number."""
    lines = []
    for number in range(count):
        lines.append(f"  - id: {prefix}-{number}")
        lines.append("    name: Check")
        lines.append("    group: bench")
        lines.append("    labels: {tier: \"1\"}")
        lines.append(f"    {probe.replace('{n}', str(number))}")
    return "\n".join(lines) + "\n"
