"""Importances by Optuna over standard input and output, a line of JSON each.

Started by bench/insight.ts. The first line it writes is {"version", "fanova"}, the second saying whether its fANOVA can run, which
needs scikit-learn. Then it answers each line

{"variables": [{"name", "choices"} or {"name", "low", "high"}], "trials": [[config, loss], ...], "methods": [names], "seed"}

with {method: {"values": {name: importance}, "cpuMs"}}.
"""

import json
import sys
import time
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.importance import FanovaImportanceEvaluator, PedAnovaImportanceEvaluator
from optuna.trial import create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")

EVALUATORS = {
    "fanova": lambda seed: FanovaImportanceEvaluator(seed=seed),
    "ped-anova": lambda seed: PedAnovaImportanceEvaluator(),
}


def distribution(variable):
    if "choices" in variable:
        return CategoricalDistribution(variable["choices"])
    return FloatDistribution(variable["low"], variable["high"])


def has_fanova():
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True


def answer(asked):
    study = optuna.create_study()
    distributions = {variable["name"]: distribution(variable) for variable in asked["variables"]}
    study.add_trials([create_trial(params=c, distributions=distributions, value=v) for c, v in asked["trials"]])
    out = {}
    for method in asked["methods"]:
        evaluator = EVALUATORS[method](asked["seed"])
        began = time.process_time_ns()
        values = optuna.importance.get_param_importances(study, evaluator=evaluator)
        out[method] = {"values": values, "cpuMs": (time.process_time_ns() - began) / 1e6}
    return out


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


say({"version": optuna.__version__, "fanova": has_fanova()})
for line in sys.stdin:
    say(answer(json.loads(line)))
