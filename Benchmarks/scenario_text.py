"""Scenario files of many like checks."""


def head(every, timeout="4s"):
    return f"version: 1\ndefaults: {{every: {every}, timeout: {timeout}}}\nchecks:\n"


def journey(*steps):
    """`steps` are the lines of the steps; the same for each check."""
    return "journey:\n      steps:\n" + "\n".join(f"        - {step}" for step in steps)


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
