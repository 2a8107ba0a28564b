"""The table of figures: what was measured, and whether it keeps to its limit."""
from rig import total

results = []


def report(case, what, value, limit, unit="", digits=3):
    """One line of the table: what was measured, and whether it keeps to its limit."""
    holds = value <= limit
    results.append(holds)
    shown = f"{value:.{digits}f}{unit}"
    print(f"{'ok  ' if holds else 'MISS'} {case:<14} {what:<62} {shown:>12}   limit {limit:g}{unit}", flush=True)


def note(case, text):
    print(f"     {case:<14} {text}", flush=True)


def up_share(samples, *parts):
    """The share of runs that were up. Refused connections are cheaper than answers, so a dead target would pass every limit."""
    return total(samples, "curlew_runs_total", 'verdict="up"', *parts) / max(1, total(samples, "curlew_runs_total", *parts))


def report_up(case, whose, share):
    """A case measures nothing when its probes fail."""
    report(case, f"{whose} that were not up", (1 - share) * 100, 1, " %", 2)
