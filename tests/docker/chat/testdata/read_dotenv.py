"""Reads each file of cases.json with the agent's own loader, and prints what the loader adds to the environment.

Each file has a process of its own: what one leaves behind must not be read by the next.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, "/opt/hermes")
from hermes_cli.env_loader import load_hermes_dotenv


def loaded(text):
    with tempfile.TemporaryDirectory() as home:
        with open(os.path.join(home, ".env"), "wb") as file:
            file.write(text.encode("latin-1"))
        before = dict(os.environ)
        load_hermes_dotenv(hermes_home=home)
        return {name: value for name, value in os.environ.items() if before.get(name) != value}


def in_a_process(text):
    read, write = os.pipe()
    if os.fork() == 0:
        os.close(read)
        with os.fdopen(write, "w") as out:
            json.dump(loaded(text), out)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        result = json.load(answer)
    os.wait()
    return result


with open(sys.argv[1], encoding="utf-8") as cases:
    json.dump([in_a_process(case["text"]) for case in json.load(cases)], sys.stdout)
