"""Makes variables of the container win over .env, wherever the agent reads that file.

container_env.pth loads this module whenever the venv's Python starts, before any module of the agent.
By itself the agent lets .env win: it loads the file over the environment, again before each turn, and
it reads keys directly from the file. This module wraps the functions that do so, once their module is
imported; it changes no file. An empty variable counts as not set. It imports only what the interpreter
has loaded already, so that starting Python takes no longer.

Packages that hermes has installed on the volume by pip are found, after all others. Never by root, and in no file of another
owner: what hermes can write, root must not run.

That is so for the container's own profile: the one that CMD names, or else the one in HERMES_HOME. For another
profile the container's variables are defaults, over which its .env wins, and what can only belong to one gateway is
not inherited. A variable that was given to one command (docker exec -e) wins in any profile. Where the boot has not
written down whose the container is, every profile counts as its own.

Two more functions of the agent are changed:
API_SERVER_KEY is hidden until API_SERVER_ENABLED is true, because the agent opens the port for a key alone.
The agent finds the image's init only if that is PID 1; here it also finds one that is not.

contract: ENV-05 INH-01 INH-02
"""

import os
import sys

# Variable with the names of the container's variables. Child processes need it: in their environment there are values
# of .env, too.
MARK = "HERMES_CONTAINER_ENV"

# Variable with those of them that were given to one command only. It is set in processes of other profiles than the
# container's own, whose .env may have given the others new values.
COMMAND_MARK = "HERMES_COMMAND_ENV"

# A fifo that has a reader only while /init runs.
INIT_CONTROL = "/run/service/.s6-svscan/control"

# The image's own HERMES_HOME.
_VOLUME = "/opt/data"

# The directory of the container's own profile, as the boot has written it down.
OWN_PROFILE = "/run/s6/own-profile"

# The container's variables, a file each.
CONTAINER = "/run/s6/container_environment"

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


def _lines(path):
    """Return the lines of a file, none if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            return lines.read().split("\n")
    except OSError:
        return []


def _beside(name):
    return os.path.join(os.path.dirname(os.path.realpath(__file__)), name)


def _image_defaults():
    """Return the variables that the image itself sets. They are defaults: .env wins over them."""
    pairs = (line.partition("=") for line in _lines(_beside("image.env")))
    return {name: value for name, _, value in pairs}


_NAMES = _given()
_START = {name: os.environ[name] for name in _NAMES if name in os.environ}
_kept_back = {}
_cache = {}


def _once(function):
    """Make a function without arguments compute its value at the first call only."""

    def value():
        if function not in _cache:
            _cache[function] = function()
        return _cache[function]

    return value


@_once
def _own():
    """Return the directory of the container's own profile, None if nobody knows it."""
    directory = _lines(OWN_PROFILE)[:1]
    return os.path.realpath(directory[0]) if directory and directory[0] else None


@_once
def _one_gateway():
    """Return the names of the variables that can only belong to one gateway."""
    return frozenset(name for line in _lines(_beside("one-gateway")) if line[:1] != "#" for name in line.split())


@_once
def _container():
    """Return the container's variables as the boot has left them, but for those that it does not have."""
    values = ((name, _container_value(name)) for name in _NAMES)
    return {name: value for name, value in values if value is not None}


def _container_value(name):
    try:
        with open(os.path.join(CONTAINER, name), "rb") as file:
            value = file.read()
    except (OSError, ValueError):
        return None
    return os.fsdecode(value[:-1] if value.endswith(b"\n") else value)


@_once
def _of_command():
    """Return the names of the variables that were given to this command, not to the container."""
    if COMMAND_MARK not in os.environ:
        os.environ[COMMAND_MARK] = " ".join(sorted(n for n, value in _START.items() if _container().get(n) != value))
    return frozenset(os.environ[COMMAND_MARK].split())


def _root(home):
    """Return the directory that has all profiles in it."""
    parent = os.path.dirname(home)
    return os.path.dirname(parent) if os.path.basename(parent) == "profiles" else home


def _is_other(home):
    """Report whether a directory is that of another profile than the container's own."""
    if not home or _own() is None:
        return False
    home = os.path.realpath(home)
    return home != _own() and _root(home) == _root(_own())


def _winners(home):
    """Return the names of the container's variables that win over .env in the profile of that directory."""
    if not _is_other(home):
        return _NAMES
    if os.path.basename(os.path.dirname(os.path.realpath(home))) == "profiles":
        return _of_command()
    return _NAMES - _one_gateway() | _of_command()  # "direct -e flags override values from .env" means the root's .env


def _withheld(home):
    """Return the names of the container's variables that the profile of that directory does not inherit."""
    return (_one_gateway() & _NAMES) - _of_command() if _is_other(home) else frozenset()


def _process_home():
    return os.environ.get("HERMES_HOME", "")


def _home():
    """Return the directory of the profile that this thread works for."""
    constants = sys.modules.get("hermes_constants")
    return str(constants.get_hermes_home()) if hasattr(constants, "get_hermes_home") else _process_home()


def _held(home):
    """Return the container's variables that win in a profile, with their present values, which the agent may have changed."""
    return {name: os.environ[name] for name in _winners(home) if os.environ.get(name)}


def _defaults(home):
    """Return the container's variables that .env wins over in a profile."""
    if not _is_other(home):
        return {}
    names = _NAMES - _winners(home) - _withheld(home)
    return {name: value for name, value in _container().items() if name in names and value}


def _enter():
    """Take from the environment what this process' profile does not inherit; once, as its .env may set that."""
    home = _process_home()
    if not home or _cache.get("entered") == home:
        return
    _cache["entered"] = home
    if COMMAND_MARK in os.environ:  # a process of another profile has started this one: its .env is in the environment
        own = _winners(home) - _of_command()
        os.environ.update({name: value for name, value in _container().items() if name in own})
    for name in _withheld(home):
        os.environ.pop(name, None)
    _keep_back()


def _true(value):
    return (value or "").strip().lower() in _TRUE


def _keep_back():
    """Hide API_SERVER_KEY, or set it again once API_SERVER_ENABLED is true."""
    if _true(os.environ.get("API_SERVER_ENABLED")):
        for name, value in _kept_back.items():
            if name in _winners(_process_home()) or name not in os.environ:
                os.environ[name] = value
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
        held = _held(_process_home()).keys() | _held(os.path.dirname(str(self.dotenv_path))).keys()
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
    get, prefer_dotenv, reload = module.get_env_value, module.get_env_value_prefer_dotenv, module.reload_env

    def get_env_value(key):
        if _home() != _process_home() and key in _withheld(_home()):  # one gateway that serves several profiles
            return module.load_env().get(key)
        return get(key)

    def get_env_value_prefer_dotenv(key):
        return _held(_home()).get(key) or prefer_dotenv(key)

    def reload_env():
        home = _process_home()
        held = _held(home)
        try:
            return reload()
        finally:
            os.environ.update(held)
            for name, value in _defaults(home).items():
                os.environ.setdefault(name, value)
            _keep_back()

    module.get_env_value = get_env_value
    module.get_env_value_prefer_dotenv = get_env_value_prefer_dotenv
    module.reload_env = reload_env


def _patch_credential_pool(module):
    load_env = module.load_env
    module.load_env = lambda: {**load_env(), **_held(_home())}


def _patch_secret_scope(module):
    load_env_file = module.load_env_file

    def load_profile(path):
        home = os.path.dirname(str(path))
        own = {**load_env_file(path), **_held(home)}
        values = {**_defaults(home), **own}
        if not _true(values.get("API_SERVER_ENABLED")) and "API_SERVER_KEY" not in own:
            values.pop("API_SERVER_KEY", None)
        return values

    module.load_env_file = load_profile


def _patch_env_loader(module):
    load = module.load_hermes_dotenv

    def load_hermes_dotenv(*arguments, **named):
        _enter()
        return load(*arguments, **named)

    module.load_hermes_dotenv = load_hermes_dotenv


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
    "hermes_cli.env_loader": _patch_env_loader,
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
