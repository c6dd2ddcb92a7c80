"""Answer a question about the variables of the agent's platforms, from their source.

names: all; values: all, with a value of which each platform can make something; suspects: those that a platform requires,
and those whose name says port, secret or identity.
"""
import ast
import glob
import re
import sys

ROOT = "/opt/hermes/"
NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")
OTHERS = re.compile(r"(HERMES|PYTHON|HTTPS?|ALL|NO|WSS|SSL|XDG|PYTEST|TERMINAL|GATEWAY_MULTIPLEX)_")
LIKE = re.compile(r"_(TOKEN|SECRET|PASSWORD|KEY|PORT|APP_ID|BOT_ID|CLIENT_ID|ACCOUNT|ACCOUNT_ID|ACCOUNT_SID|CORP_ID|PHONE_NUMBER|PHONE_NUMBER_ID)$")


def literals():
    for pattern in "gateway/**/*.py", "plugins/platforms/**/*.py":
        for path in glob.glob(ROOT + pattern, recursive=True):
            with open(path, encoding="utf-8") as source:
                tree = ast.parse(source.read())
            yield from (n for n in ast.walk(tree) if isinstance(n, (ast.Constant, ast.Call)))


def names():
    found = (n.value for n in literals() if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {n for n in found if NAME.fullmatch(n) and not OTHERS.match(n)}


def read():
    """Return the names that are read from the environment."""
    for call in literals():
        if not isinstance(call, ast.Call) or not call.args:
            continue
        function = getattr(call.func, "id", getattr(call.func, "attr", ""))
        environ = "environ" in ast.dump(call.func)
        name = getattr(call.args[0], "value", None)
        if isinstance(name, str) and NAME.fullmatch(name) and not OTHERS.match(name) and (environ or "env" in function or "secret" in function):
            yield name


def required():
    import yaml

    for path in glob.glob(ROOT + "plugins/platforms/*/plugin.y*ml"):
        with open(path, encoding="utf-8") as source:
            for entry in yaml.safe_load(source).get("requires_env") or []:
                yield entry["name"] if isinstance(entry, dict) else entry


def value(name):
    if name.endswith("_PORT"):
        return "4711"
    if "URL" in name or name.endswith("HOMESERVER"):
        return "https://example.invalid"
    return "true" if name.endswith(("_ENABLED", "_AUTOSTART")) else "probe-0123456789abcdef"


answers = {
    "names": names,
    "values": lambda: (f"{name}={value(name)}" for name in names()),
    "suspects": lambda: set(required()) | {name for name in read() if LIKE.search(name)},
}
print("\n".join(sorted(answers[sys.argv[1]]())))
