# SPDX-License-Identifier: ISC
"""A checker of the Trace Event Format (the JSON of chrome://tracing and ui.perfetto.dev).

By the format's definition: an object with "traceEvents"; each event has name, ph, pid and tid; ts
and dur are microseconds, not negative; "X" has a dur; the scope of "i" is g, p or t; "M" is one of
five names, with its argument; and the spans of one thread nest, never overlap in part.
"""

import json
from numbers import Real

METADATA = {"process_name": "name", "process_labels": "labels", "process_sort_index": "sort_index",
            "thread_name": "name", "thread_sort_index": "sort_index"}


def _is_time(value):
    return isinstance(value, Real) and not isinstance(value, bool) and value >= 0


def _fields(event):
    """What is wrong with one event by itself."""
    if not isinstance(event, dict):
        return "not an object"
    for key in ("name", "ph"):
        if not isinstance(event.get(key), str):
            return f"no {key}"
    for key in ("pid", "tid"):
        if not isinstance(event.get(key), int):
            return f"no {key}"
    if "args" in event and not isinstance(event["args"], dict):
        return "args are not an object"
    ph = event["ph"]
    if ph == "M":
        wanted = METADATA.get(event["name"])
        return None if wanted and wanted in event.get("args", {}) else "metadata without meaning"
    if ph not in ("X", "i", "B", "E"):
        return f"phase {ph!r}"
    if not _is_time(event.get("ts")):
        return f"ts {event.get('ts')!r}"
    if ph == "X" and not _is_time(event.get("dur")):
        return f"dur {event.get('dur')!r}"
    if ph == "i" and event.get("s", "t") not in ("g", "p", "t"):
        return f"scope {event['s']!r}"
    return None


def _nesting(spans):
    """Spans of one thread as (begin, end, name), in nanoseconds."""
    open_ends = []
    for begin, end, name in sorted(spans, key=lambda s: (s[0], -s[1])):
        while open_ends and open_ends[-1] <= begin:
            open_ends.pop()
        if open_ends and end > open_ends[-1]:
            return f"{name} at {begin} ns overlaps the end of what it lies in"
        open_ends.append(end)
    return None


def problems(text):
    """All that is wrong with @text; an empty list: nothing."""
    try:
        trace = json.loads(text)
    except ValueError as e:
        return [f"no JSON: {e}"]
    events = trace.get("traceEvents") if isinstance(trace, dict) else trace
    if not isinstance(events, list):
        return ["no traceEvents"]
    found, threads = [], {}
    for n, event in enumerate(events):
        wrong = _fields(event)
        if wrong:
            found.append(f"event {n}: {wrong}")
        elif event["ph"] == "X":
            begin = round(event["ts"] * 1000)
            threads.setdefault((event["pid"], event["tid"]), []).append(
                (begin, begin + round(event["dur"] * 1000), event["name"]))
    for spans in threads.values():
        wrong = _nesting(spans)
        if wrong:
            found.append(wrong)
    return found
