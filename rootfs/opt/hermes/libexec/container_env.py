"""Variables given to the container win over .env, in every place where the agent reads it.

Loaded by container_env.pth at each start of the venv's Python, before anything of the agent. The
agent by itself lets .env win: it loads the file over the environment, does so again before each turn,
and reads keys from the file directly. The functions that do so are wrapped when their module is
imported; no file of the agent and none of the volume is changed. An empty variable counts as not
given. Nothing else is decided here, and nothing is imported that the interpreter has not loaded.

API_SERVER_KEY is kept back until API_SERVER_ENABLED is true: this agent opens the port for a key
alone.

The same way the agent, which knows the image's init only as PID 1, is told of one that is not: the
dashboard's actions run the agent and no program of the image.

contract: ENV-05, ENV-06, NET-02, DASH-14, RUN-05
"""

import os
import sys

# Names of the container's variables, for the Python processes below this one: in those, the
# environment holds values of .env as well.
MARK = "HERMES_CONTAINER_ENV"

# What only a living init of the image reads.
INIT_CONTROL = "/run/service/.s6-svscan/control"

_TRUE = ("1", "true", "yes", "on")


def _given():
    """The names of this process's variables that somebody gave to the container."""
    if MARK not in os.environ:
        image = _image_defaults()
        names = (name for name, value in os.environ.items() if value and image.get(name) != value)
        os.environ[MARK] = " ".join(sorted(name for name in names if not name.split()[1:]))
    return frozenset(os.environ[MARK].split())


def _image_defaults():
    """What the image itself sets: a default, which .env may change as the agent means it to."""
    path = os.path.join(os.path.dirname(os.path.realpath(__file__)), "image.env")
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            pairs = (line.rstrip("\n").partition("=") for line in lines)
            return {name: value for name, _, value in pairs}
    except OSError:
        return {}


_NAMES = _given()
_kept_back = {}


def _held():
    """The container's variables as they are now: what the agent has put right in one stays so."""
    return {name: os.environ[name] for name in _NAMES if os.environ.get(name)}


def _keep_back():
    if os.environ.get("API_SERVER_ENABLED", "").strip().lower() in _TRUE:
        os.environ.update(_kept_back)
        _kept_back.clear()
    elif "API_SERVER_KEY" in _NAMES and "API_SERVER_KEY" in os.environ and not _kept_back:
        _kept_back["API_SERVER_KEY"] = os.environ.pop("API_SERVER_KEY")


def _managed(path):
    """A file of the machine's administrator, which the agent puts above everything."""
    scope = sys.modules.get("hermes_cli.managed_scope")
    directory = scope.get_managed_dir() if scope else None
    return bool(directory) and os.path.dirname(str(path)) == str(directory)


def _patch_dotenv(module):
    load = module.DotEnv.set_as_environment_variables

    def set_as_environment_variables(self):
        if _managed(self.dotenv_path):
            return load(self)
        held = _held()
        values = self.dict()
        # Left out beforehand, not put back afterwards: other threads must never see them change.
        self._dict = {name: value for name, value in values.items() if name not in held}
        try:
            if self._dict:  # an empty one would be read from the file again
                load(self)
        finally:
            self._dict = values
            _keep_back()
        return bool(values)

    module.DotEnv.set_as_environment_variables = set_as_environment_variables


def _patch_config(module):
    prefer_dotenv, reload = module.get_env_value_prefer_dotenv, module.reload_env

    def get_env_value_prefer_dotenv(key):
        return _held().get(key) or prefer_dotenv(key)

    def reload_env():
        held = _held()
        try:
            return reload()
        finally:
            os.environ.update(held)
            _keep_back()

    module.get_env_value_prefer_dotenv = get_env_value_prefer_dotenv
    module.reload_env = reload_env


def _patch_credential_pool(module):
    load_env = module.load_env
    module.load_env = lambda: {**load_env(), **_held()}


def _patch_secret_scope(module):
    load_env_file = module.load_env_file
    module.load_env_file = lambda path: {**load_env_file(path), **_held()}


def _init_listens():
    try:
        os.close(os.open(INIT_CONTROL, os.O_WRONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _patch_service_manager(module):
    is_pid_1 = module._s6_running
    module._s6_running = lambda: is_pid_1() or _init_listens()


_PATCHES = {
    "dotenv.main": _patch_dotenv,
    "hermes_cli.config": _patch_config,
    "agent.credential_pool": _patch_credential_pool,
    "agent.secret_scope": _patch_secret_scope,
    "hermes_cli.service_manager": _patch_service_manager,
}


class _Finder:
    """Finds the modules above as the other finders do, and patches them once they are executed."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        patch = _PATCHES.get(name)
        if patch is None:
            return None
        for finder in sys.meta_path:
            if finder is cls or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    cls._wrap(spec.loader, patch)
                return spec
        return None

    @staticmethod
    def _wrap(loader, patch):
        execute = loader.exec_module

        def exec_module(module):
            execute(module)
            try:
                patch(module)
            except AttributeError as error:  # another release of the agent
                print(f"container_env: {module.__name__} is not as expected and stays as it is: {error}", file=sys.stderr)

        loader.exec_module = exec_module


_keep_back()
sys.meta_path.insert(0, _Finder)
