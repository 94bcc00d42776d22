#!/usr/bin/env python3
"""Reads Prometheus' text exposition format from standard input with the client library's own parser, and holds it to the
rules that promtool checks: names, types, units, histograms, no sample twice. Prints one JSON object: family name to
{"type", "samples": [[name, labels, value], ...]}; exits 1 with what is wrong on standard error.
"""
import json
import math
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

text = sys.stdin.read()
problems = []
families = {}
seen = set()
for family in text_string_to_metric_families(text):
    # The parser takes the `_total` off a counter's family.
    name = family.name + ("_total" if family.type == "counter" else "")
    if name in families:
        problems.append(f"{name}: the family comes twice")
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        problems.append(f"{name}: not a name of lower case words")
    if family.type not in ("counter", "gauge", "histogram"):
        problems.append(f"{name}: type {family.type}")
    if not family.documentation.endswith("."):
        problems.append(f"{name}: HELP is no sentence")
    if family.type == "counter" and f"# TYPE {name} counter\n" not in text:
        problems.append(f"{name}: a counter's name ends in _total")
    if family.type != "counter" and name.endswith(("_total", "_count", "_sum", "_bucket")):
        problems.append(f"{name}: the name is that of another type")
    if re.search(r"_(milliseconds|ms|minutes|kilobytes|kib|mib)(_|$)", name):
        problems.append(f"{name}: not a base unit")
    samples = []
    histograms = {}
    for sample in family.samples:
        labels = dict(sample.labels)
        key = (sample.name, tuple(sorted(labels.items())))
        if key in seen:
            problems.append(f"{key}: twice")
        seen.add(key)
        if math.isnan(sample.value) or (family.type != "gauge" and sample.value < 0):
            problems.append(f"{key}: {sample.value}")
        samples.append([sample.name, labels, sample.value])
        if family.type == "histogram":
            bound = labels.pop("le", None)
            one = histograms.setdefault(tuple(sorted(labels.items())), {"buckets": []})
            if sample.name.endswith("_bucket"):
                one["buckets"].append((float(bound), sample.value))
            else:
                one[sample.name.rsplit("_", 1)[1]] = sample.value
    for labels, one in histograms.items():
        bounds = [bound for bound, _ in one["buckets"]]
        counts = [count for _, count in one["buckets"]]
        if bounds != sorted(set(bounds)) or not bounds or bounds[-1] != math.inf:
            problems.append(f"{name}{labels}: bounds {bounds}")
        if counts != sorted(counts) or counts[-1] != one.get("count") or "sum" not in one:
            problems.append(f"{name}{labels}: counts {counts} of {one.get('count')}")
    families[name] = {"type": family.type, "samples": samples}
if not text.endswith("\n") or "\r" in text:
    problems.append("lines end in line feeds, the last one too")
if problems:
    sys.exit("\n".join(problems))
print(json.dumps(families))
