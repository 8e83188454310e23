# SPDX-License-Identifier: ISC
"""A checker of the Trace Event Format (the JSON of chrome://tracing and ui.perfetto.dev).

By the format's definition: an object with "traceEvents"; each event has name, ph, pid and tid; ts
and dur are microseconds, not negative; "X" has a dur; the scope of "i" is g, p or t; "M" is one of
five names, with its argument; the spans of one thread nest, never overlap in part, and who lies in
another comes after it; what "B" began "E" ends.

Beyond the definition, what an importer leaves out without a word is a fault: a pid or tid that does
not fit into 32 bits, a track without a name, a flow ("s" to "f") that has one end only, runs
backwards or touches a moment of a track at which no span is open.
"""

import json
from numbers import Real

ID_LIMIT = 1 << 32
FLOWS = ("s", "f")
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
        if not isinstance(event.get(key), int) or not 0 <= event[key] < ID_LIMIT:
            return f"no {key}"
    if "args" in event and not isinstance(event["args"], dict):
        return "args are not an object"
    ph = event["ph"]
    if ph == "M":
        wanted = METADATA.get(event["name"])
        return None if wanted and wanted in event.get("args", {}) else "metadata without meaning"
    if ph not in ("X", "i", "B", "E", *FLOWS):
        return f"phase {ph!r}"
    if not _is_time(event.get("ts")):
        return f"ts {event.get('ts')!r}"
    if ph == "X" and not _is_time(event.get("dur")):
        return f"dur {event.get('dur')!r}"
    if ph == "i" and event.get("s", "t") not in ("g", "p", "t"):
        return f"scope {event['s']!r}"
    if ph in FLOWS and not isinstance(event.get("id"), (int, str)):
        return "a flow without an id"
    return None


def _ns(microseconds):
    return round(microseconds * 1000)


def _track(event):
    return event["pid"], event["tid"]


def _nesting(spans):
    """Spans of one thread as (begin, end, name, place in the file), in nanoseconds."""
    around = []
    for begin, end, name, place in sorted(spans, key=lambda s: (s[0], -s[1], s[3])):
        while around and around[-1][0] <= begin:
            around.pop()
        if around and end > around[-1][0]:
            return f"{name} at {begin} ns overlaps the end of what it lies in"
        if around and around[-1][1] == begin and around[-1][2] > place:
            return f"{name} at {begin} ns comes before what it lies in"
        around.append((end, begin, place))
    return None


def _pairs(events):
    """B and E of each track, in the order of time."""
    depth = {}
    for event in sorted((e for e in events if e["ph"] in "BE"), key=lambda e: e["ts"]):
        track = _track(event)
        depth[track] = depth.get(track, 0) + (1 if event["ph"] == "B" else -1)
        if depth[track] < 0:
            return f"an end without a beginning at {event['ts']}"
    return "a beginning without an end" if any(depth.values()) else None


def _flows(events, tracks):
    """Each flow has two ends, in order, and both lie in a span."""
    ends = {}
    for event in events:
        if event["ph"] in FLOWS:
            ends.setdefault(event["id"], []).append(event)
            at = _ns(event["ts"])
            if not any(begin <= at < end for begin, end, *_ in tracks.get(_track(event), ())):
                return f"flow {event['id']} touches no span at {event['ts']}"
    for name, both in ends.items():
        both.sort(key=lambda e: e["ts"])
        if [e["ph"] for e in both] != ["s", "f"]:
            return f"flow {name} is {[e['ph'] for e in both]}"
    return None


def _names(events, tracks):
    """Who has spans has a name, as a thread and as a process."""
    named = {(e["name"], e["pid"], e["tid"] if e["name"] == "thread_name" else None)
             for e in events if e["ph"] == "M"}
    for pid, tid in sorted(tracks):
        if ("thread_name", pid, tid) not in named or ("process_name", pid, None) not in named:
            return f"thread {tid} of process {pid} has no name"
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
    found = [f"event {n}: {wrong}" for n, wrong in enumerate(map(_fields, events)) if wrong]
    if found:
        return found
    tracks = {}
    for place, event in enumerate(events):
        if event["ph"] == "X":
            begin = _ns(event["ts"])
            tracks.setdefault(_track(event), []).append(
                (begin, begin + _ns(event["dur"]), event["name"], place))
    wrongs = [_nesting(spans) for spans in tracks.values()]
    wrongs += [_pairs(events), _flows(events, tracks), _names(events, tracks)]
    return [wrong for wrong in wrongs if wrong]
