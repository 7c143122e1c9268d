"""Programs, demonstrations and teleprompters of DSPy, told through lines of JSON on standard input, each answered with one.

`{"open": {url, model, task, train, val, test}}` begins anew; `{"show": {predictor: {instructions,
demos}}}` makes a program of these, `{"tune": name}` that of a teleprompter of DSPy; `{"score": true}` then answers with the share of test rows that are right.
Caches are off, so that every call is one at the endpoint. A row is `{inputs, outputs}`.
"""

import contextlib
import json
import logging
import math
import os
import re
import sys
import unicodedata
import warnings
from collections import Counter
from typing import Literal

os.environ["TQDM_DISABLE"] = "1"

import dspy
import numpy as np
from dspy.teleprompt import BootstrapFewShot, BootstrapFewShotWithRandomSearch, KNNFewShot, LabeledFewShot

warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

Domain = Literal[
    "auto_and_commute",
    "banking",
    "credit_cards",
    "home",
    "kitchen_and_dining",
    "meta",
    "small_talk",
    "travel",
    "utility",
    "work",
]
Team = Literal["billing", "shipping", "technical", "account", "security", "sales", "other"]


class Clinc(dspy.Signature):
    """Say which domain the request to a voice assistant belongs to."""

    text: str = dspy.InputField()
    domain: Domain = dspy.OutputField()


class Find(dspy.Signature):
    """Quote the words of the ticket that decide who has to act."""

    text: str = dspy.InputField()
    evidence: str = dspy.OutputField()


class Route(dspy.Signature):
    """Route the ticket to the team that has to act first."""

    text: str = dspy.InputField()
    evidence: str = dspy.InputField()
    team: Team = dspy.OutputField()


class Rate(dspy.Signature):
    """Say how urgent the ticket is."""

    text: str = dspy.InputField()
    team: str = dspy.InputField()
    urgency: Literal["low", "normal", "high"] = dspy.OutputField()


class ClincStep(dspy.Module):
    def __init__(self):
        super().__init__()
        self.predict = dspy.Predict(Clinc)

    def forward(self, text):
        return self.predict(text=text)


class TriageSteps(dspy.Module):
    def __init__(self):
        super().__init__()
        self.find = dspy.Predict(Find)
        self.route = dspy.Predict(Route)
        self.rate = dspy.Predict(Rate)

    def forward(self, text):
        evidence = self.find(text=text).evidence
        team = self.route(text=text, evidence=evidence).team
        urgency = self.rate(text=text, team=team).urgency
        return dspy.Prediction(team=team, urgency=urgency)


TASKS = {"clinc": (ClincStep, ("domain",)), "triage": (TriageSteps, ("team", "urgency"))}


def examples(rows):
    return [dspy.Example(**row["inputs"], **row["outputs"]).with_inputs(*row["inputs"]) for row in rows]


def terms(text):
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*", unicodedata.normalize("NFKC", text).lower())
    return words + [f"{a} {b}" for a, b in zip(words, words[1:])]


def tf_idf(texts):
    """A vectoriser of what `knnFewShot` looks at too: words and pairs of words, tf-idf, length one."""
    counts = Counter(term for text in texts for term in set(terms(text)))
    places = {term: place for place, term in enumerate(counts)}
    rarity = {term: 1 + math.log((1 + len(texts)) / (1 + count)) for term, count in counts.items()}

    def vectors(texts):
        found = np.zeros((len(texts), len(places)), dtype=np.float32)
        for row, text in enumerate(texts):
            for term, count in Counter(terms(text)).items():
                if term in places:
                    found[row, places[term]] = (1 + math.log(count)) * rarity[term]
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)

    return vectors


class Peer:
    def open(self, given):
        make, self.outputs = TASKS[given["task"]]
        self.student = make()
        self.program = self.student
        self.train, self.val, self.test = (examples(given[part]) for part in ("train", "val", "test"))
        model = f"openai/{given['model']}"
        dspy.configure(lm=dspy.LM(model, api_base=given["url"], api_key="none", cache=False), disable_history=True)

    def metric(self, example, prediction, trace=None):
        """The share of the outputs that are right; what a demonstration is made of must be right in all."""
        right = sum(example[name] == prediction[name] for name in self.outputs)
        return right / len(self.outputs) if trace is None else right == len(self.outputs)

    def show(self, shown):
        self.program = self.student.deepcopy()
        for name, predictor in self.program.named_predictors():
            predictor.signature = predictor.signature.with_instructions(shown[name]["instructions"])
            predictor.demos = [dspy.Example(**demo["inputs"], **demo["outputs"]) for demo in shown[name]["demos"]]

    def tune(self, name):
        self.program = getattr(self, name.replace("-", "_"))()

    def labeled(self):
        return LabeledFewShot().compile(self.student, trainset=self.train)

    def bootstrap(self):
        return BootstrapFewShot(metric=self.metric).compile(self.student, trainset=self.train)

    def search(self):
        search = BootstrapFewShotWithRandomSearch(metric=self.metric)
        return search.compile(self.student, trainset=self.train, valset=self.val)

    def nearest(self):
        """The neighbours as they are labelled."""
        return self.neighbours(max_bootstrapped_demos=0, max_labeled_demos=5)

    def nearest_asked(self):
        """As documented: a teacher that is shown the neighbours answers each, and its answers are shown."""
        return self.neighbours(metric=self.metric)

    def neighbours(self, **few_shot):
        embed = dspy.Embedder(tf_idf([f"text: {row.text}" for row in self.train]), caching=False)
        return KNNFewShot(5, self.train, embed, **few_shot).compile(self.student)

    def score(self, _):
        found = dspy.Evaluate(devset=self.test, metric=self.metric)(self.program)
        return sum(score for *_, score in found.results) / len(self.test)


def main():
    peer = Peer()
    answers, sys.stdout = sys.stdout, sys.stderr
    print(json.dumps({"version": dspy.__version__}), file=answers, flush=True)
    for line in sys.stdin:
        [(what, given)] = json.loads(line).items()
        with contextlib.redirect_stdout(sys.stderr):
            found = getattr(peer, what)(given)
        print(json.dumps({what: found}), file=answers, flush=True)


if __name__ == "__main__":
    main()
