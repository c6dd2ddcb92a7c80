"""Print what the agent of the profile in its arguments finds: platforms that are on, and variables."""
import json
import os
import sys

names = sys.argv[3:]
sys.argv = sys.argv[:3]
import hermes_cli.main  # chooses the profile and loads its .env
from gateway.config import load_gateway_config

on = sorted(p.value for p, c in load_gateway_config().platforms.items() if c.enabled)
print("SEEN " + json.dumps({"On": on, "Env": {n: os.environ.get(n, "") for n in names}}))
