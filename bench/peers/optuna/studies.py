"""Studies of Optuna over standard input and output, a line of JSON each, so that problems are measured by one and the same code.

Started by bench/harness/optuna-peer.ts. The first line it writes is {"version", "gp"}. Then it answers each line:

{"open": {"space", "losses", "limited", "sampler", "seed"}}
    a new study, and its first trial: {"config", "cpuMs"}
{"tell": [losses], "excess": [how far beyond each limit]}
    the next trial: {"config", "cpuMs"}, cpuMs being of this tell and ask
{"time": {"space", "losses", "sampler", "seed", "told", "asks"}}
    a study that was told the trials `told`, [[config, losses], ...]: {"askCpuMs", "tellCpuMs"}, means over `asks` asks

Spaces are as in definitions.json of the shared problems: variables in the order in which they are asked, a gated one after its parents.
"""

import json
import sys
import time
import warnings

import optuna
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import create_trial

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore")


def is_active(variable, config):
    return all(config.get(parent) in values for parent, values in variable.get("when", {}).items())


def distribution(variable):
    if variable["type"] == "categorical":
        return CategoricalDistribution(variable["choices"])
    make = IntDistribution if variable["type"] == "int" else FloatDistribution
    return make(variable["low"], variable["high"], log=variable.get("log", False))


def suggest(trial, space):
    config = {}
    for variable in space:
        if not is_active(variable, config):
            continue
        name = variable["name"]
        if variable["type"] == "categorical":
            config[name] = trial.suggest_categorical(name, variable["choices"])
        else:
            of_type = trial.suggest_int if variable["type"] == "int" else trial.suggest_float
            config[name] = of_type(name, variable["low"], variable["high"], log=variable.get("log", False))
    return config


SAMPLERS = {
    "tpe": lambda **options: optuna.samplers.TPESampler(**options),
    "tpe-multivariate": lambda **options: optuna.samplers.TPESampler(multivariate=True, **options),
    "nsga2": lambda **options: optuna.samplers.NSGAIISampler(**options),
    "gp": lambda **options: optuna.samplers.GPSampler(**options),
}


def excess_of(trial):
    return trial.user_attrs["excess"]


def new_study(given):
    options = {"constraints_func": excess_of} if given.get("limited") else {}
    sampler = SAMPLERS[given["sampler"]](seed=given["seed"], **options)
    return optuna.create_study(sampler=sampler, directions=["minimize"] * given["losses"])


def cpu_ms():
    return time.process_time_ns() / 1e6


class Asked:
    def __init__(self, given):
        self.space = given["space"]
        self.study = new_study(given)

    def next(self, losses=None, excess=()):
        began = cpu_ms()
        if losses is not None:
            if excess:
                self.trial.set_user_attr("excess", excess)
            self.study.tell(self.trial, losses)
        self.trial = self.study.ask()
        config = suggest(self.trial, self.space)
        return {"config": config, "cpuMs": cpu_ms() - began}


def timed(given):
    space, told = given["space"], given["told"]
    study = new_study(given)
    distributions = {variable["name"]: distribution(variable) for variable in space}
    study.add_trials(
        [
            create_trial(params=config, distributions={name: distributions[name] for name in config}, values=losses)
            for config, losses in told
        ]
    )
    first = study.ask()  # what only the first ask brings about is not measured
    suggest(first, space)
    study.tell(first, state=optuna.trial.TrialState.FAIL)
    ask_ms = tell_ms = 0.0
    for i in range(given["asks"]):
        began = cpu_ms()
        trial = study.ask()
        suggest(trial, space)
        asked = cpu_ms()
        study.tell(trial, told[i % len(told)][1])
        ask_ms += asked - began
        tell_ms += cpu_ms() - asked
    return {"askCpuMs": ask_ms / given["asks"], "tellCpuMs": tell_ms / given["asks"]}


def has_gp():
    try:
        import scipy  # noqa: F401
        import torch  # noqa: F401
    except ImportError:
        return False
    return True


def say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


say({"version": optuna.__version__, "gp": has_gp()})
asked = None
for line in sys.stdin:
    command = json.loads(line)
    if "open" in command:
        asked = Asked(command["open"])
        say(asked.next())
    elif "tell" in command:
        say(asked.next(command["tell"], command.get("excess", ())))
    else:
        say(timed(command["time"]))
