"""Makes variables of the container win over .env, wherever the agent reads that file.

container_env.pth loads this module whenever the venv's Python starts, before any module of the agent.
By itself the agent lets .env win: it loads the file over the environment, again before each turn, and
it reads keys directly from the file. This module wraps the functions that do so, once their module is
imported; it changes no file. An empty variable counts as not set. It imports only what the interpreter
has loaded already, so that starting Python takes no longer.

Packages that hermes has installed on the volume by pip are found, after all others. Never by root, and in no file of another
owner: what hermes can write, root must not run.

Two more functions of the agent are changed:
API_SERVER_KEY is hidden until API_SERVER_ENABLED is true, because the agent opens the port for a key alone.
The agent finds the image's init only if that is PID 1; here it also finds one that is not.

contract: ENV-05
"""

import os
import sys

# Variable with the names of the container's variables. Child processes need it: in their environment there are values
# of .env, too.
MARK = "HERMES_CONTAINER_ENV"

# A fifo that has a reader only while /init runs.
INIT_CONTROL = "/run/service/.s6-svscan/control"

# The image's own HERMES_HOME.
_VOLUME = "/opt/data"

_TRUE = ("1", "true", "yes", "on")


def _given():
    """Return the names of the variables that were set for the container, by docker run -e and the like."""
    if MARK not in os.environ:
        image = _image_defaults()
        names = (name for name, value in os.environ.items() if value and value not in _defaults_of(image.get(name)))
        os.environ[MARK] = " ".join(sorted(name for name in names if not name.split()[1:]))
    return frozenset(os.environ[MARK].split())


def _defaults_of(value):
    """Return the values that the image gives a variable: a path on its volume follows HERMES_HOME."""
    home = os.environ.get("HERMES_HOME", "")
    if value is None or not home:
        return (value,)
    above, last = os.path.split(os.path.dirname(home))
    if last == "profiles":
        home = above
    return (value, home + value[len(_VOLUME):] if (value + "/").startswith(_VOLUME + "/") else value)


def _image_defaults():
    """Return the variables that the image itself sets. They are defaults: .env wins over them."""
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
    """Return the container's variables with their present values, which the agent may have changed."""
    return {name: os.environ[name] for name in _NAMES if os.environ.get(name)}


def _keep_back():
    """Hide API_SERVER_KEY, or set it again once API_SERVER_ENABLED is true."""
    if os.environ.get("API_SERVER_ENABLED", "").strip().lower() in _TRUE:
        os.environ.update(_kept_back)
        _kept_back.clear()
    elif "API_SERVER_KEY" in _NAMES and "API_SERVER_KEY" in os.environ and not _kept_back:
        _kept_back["API_SERVER_KEY"] = os.environ.pop("API_SERVER_KEY")


def _managed(path):
    """Report whether path is a file of the machine's administrator, which wins over everything."""
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
        # Leave them out before loading: restored afterwards, they would have other values meanwhile, for other threads.
        self._dict = {name: value for name, value in values.items() if name not in held}
        try:
            if self._dict:  # if it is empty, load reads the file again
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
    """Report whether /init runs, as PID 1 or not."""
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
    """Finds the modules of _PATCHES by the other finders, and patches each after its execution."""

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


def _add_volume():
    """Let Python find what pip has installed on the volume, as the last place. .pth files there count, as in any such place."""
    uid = os.geteuid()
    if 0 in (uid, os.getuid()) or sys.flags.isolated or sys.flags.no_user_site:
        return
    home = os.environ.get("HERMES_HOME") or "/opt/data"
    parent, name = os.path.split(os.path.normpath(home))
    if name and os.path.basename(parent) == "profiles":
        home = os.path.dirname(parent)
    place = os.path.join(home, ".local", "lib", "python%d.%d" % sys.version_info[:2], "site-packages")
    try:
        owner = os.stat(place).st_uid
    except OSError:
        return
    if owner == uid:
        import site

        site.addsitedir(place)


_keep_back()
_add_volume()
sys.meta_path.insert(0, _Finder)
