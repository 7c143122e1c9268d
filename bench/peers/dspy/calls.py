"""What one call of a predictor takes in DSPy: `calls.py MODE MEASURE_MS [URL]`. Prints figures as a line of JSON.

Modes are `chat`, `json`, each with `-demos8` or not: a model in this process that answers at once, in CPU time; and `http`, the
same through an OpenAI-compatible endpoint at URL, in time that has passed. Caches and histories are off, so that what is measured is the
framework alone. Figures are medians of windows of 50 ms.
"""

import json
import logging
import statistics
import sys
import time
import warnings
from typing import Literal

import dspy
from dspy.lm15 import Message, Response, Usage

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

WINDOW_NS = 50_000_000
# The clock costs a microsecond itself.
CALLS_PER_LOOK = 20

ANSWERS = {
    "chat": "[[ ## team ## ]]\ntech\n\n[[ ## urgency ## ]]\n3\n\n[[ ## reason ## ]]\nit crashes\n\n[[ ## completed ## ]]",
    "json": '{"team": "tech", "urgency": 3, "reason": "it crashes"}',
}


class Triage(dspy.Signature):
    """Route the mail to the team that acts first."""

    mail: str = dspy.InputField()
    team: Literal["billing", "tech", "sales"] = dspy.OutputField()
    urgency: int = dspy.OutputField()
    reason: str = dspy.OutputField()


class Instant:
    """An engine that answers at once."""

    def __init__(self, text):
        self.response = Response(
            id="0",
            model="instant",
            message=Message.assistant(text),
            finish_reason="stop",
            usage=Usage(input_tokens=1, output_tokens=1, total_tokens=2),
        )

    def complete(self, request):
        return self.response


def model(mode, url):
    if mode == "http":
        return dspy.LM("openai/nano", api_base=url, api_key="none", cache=False, temperature=0.0, max_tokens=100)
    return dspy.LM("bench/instant", engine=Instant(ANSWERS[mode.removesuffix("-demos8")]), cache=False)


def us_per_call(call, measure_ms, taken):
    repeated(call, measure_ms / 2, taken)
    return statistics.median(repeated(call, measure_ms, taken))


def repeated(call, for_ms, taken):
    """Microseconds a call by the clock `taken`, which also says when it is enough, by window."""
    windows = []
    begin = taken()
    while taken() - begin < for_ms * 1e6:
        start = taken()
        calls = 0
        while taken() - start < WINDOW_NS:
            for _ in range(CALLS_PER_LOOK):
                call(calls)
                calls += 1
        windows.append((taken() - start) / calls / 1_000)
    return windows


def main(mode, measure_ms, url=None):
    adapter = dspy.JSONAdapter() if mode.startswith("json") else dspy.ChatAdapter()
    dspy.configure(lm=model(mode, url), adapter=adapter, disable_history=True, track_usage=False, max_trace_size=0)
    triage = dspy.Predict(Triage)
    if mode.endswith("-demos8"):
        triage.demos = [
            dspy.Example(mail=f"case {i}: it crashed again", team="tech", urgency=i, reason="it crashed").with_inputs("mail")
            for i in range(8)
        ]

    def call(i):
        found = triage(mail=f"the app crashes when I log in, case {i}")
        assert found.team in ("billing", "tech", "sales"), found

    taken = time.perf_counter_ns if mode == "http" else time.process_time_ns
    print(json.dumps({"version": dspy.__version__, "usPerCall": us_per_call(call, float(measure_ms), taken)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
