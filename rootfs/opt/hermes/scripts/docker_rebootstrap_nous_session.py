#!/opt/hermes/.venv/bin/python
"""Replace a dead Nous session in $HERMES_HOME/auth.json by the one in HERMES_AUTH_JSON_REBOOTSTRAP.

The container's setup runs it as hermes. It changes only providers.nous, and only if the new session is complete and
the stored one is dead or older. Exit 0: replaced, or nothing to do; 1: a file or variable is invalid, nothing changed.
"""

import errno
import json
import os
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path


def say(text: str) -> None:
    print(f"[auth-rebootstrap] {text}", flush=True)


def text(session: dict, key: str) -> str:
    value = session.get(key)
    return value.strip() if isinstance(value, str) else ""


def nous(store: object) -> dict:
    providers = store.get("providers") if isinstance(store, dict) else None
    session = providers.get("nous") if isinstance(providers, dict) else None
    return session if isinstance(session, dict) else {}


def obtained(session: dict) -> datetime | None:
    try:
        at = datetime.fromisoformat(text(session, "obtained_at"))
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=timezone.utc)


def whole(session: dict) -> bool:
    return all(text(session, key) for key in ("client_id", "access_token", "refresh_token"))


def dead(session: dict) -> bool:
    error = session.get("last_auth_error")
    if isinstance(error, dict) and error.get("relogin_required"):
        return True
    return not text(session, "access_token") and not text(session, "refresh_token")


def older(stored: dict, seed: dict) -> bool:
    stored_at, seed_at = obtained(stored), obtained(seed)
    return bool(seed_at and stored_at and stored_at < seed_at)


def replace(path: Path, store: dict) -> None:
    fd, temporary = tempfile.mkstemp(dir=path.parent, prefix=".auth-")
    try:
        with os.fdopen(fd, "w", encoding="utf-8") as f:
            json.dump(store, f, indent=2)
            f.write("\n")
            f.flush()
            os.fsync(f.fileno())
        put(Path(temporary), path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def put(temporary: Path, path: Path) -> None:
    """Rename temporary to path. A file that is a mount of its own cannot be replaced: it is written in place."""
    try:
        os.replace(temporary, path)
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        with open(path, "r+b") as f:
            f.write(temporary.read_bytes())
            f.truncate()
            f.flush()
            os.fsync(f.fileno())
        temporary.unlink()


def main() -> int:
    path = Path(os.environ.get("HERMES_HOME") or "/opt/data") / "auth.json"
    try:
        given = json.loads(os.environ.get("HERMES_AUTH_JSON_REBOOTSTRAP", ""))
    except ValueError:
        say("HERMES_AUTH_JSON_REBOOTSTRAP is not JSON; nothing changed")
        return 1
    # A whole auth.json, or the session alone.
    seed = nous(given) or (given if isinstance(given, dict) else {})
    if not whole(seed):
        say("HERMES_AUTH_JSON_REBOOTSTRAP has no Nous session with client id and both tokens; nothing changed")
        return 1
    if path.is_symlink() or not path.is_file():
        return 0
    try:
        store = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        say(f"cannot read {path}: {type(error).__name__}; nothing changed")
        return 1
    if not isinstance(store, dict):
        say(f"{path} is not a JSON object; nothing changed")
        return 1

    stored = nous(store)
    if not dead(stored) and not older(stored, seed):
        return 0
    providers = store.get("providers")
    store["providers"] = {**(providers if isinstance(providers, dict) else {}), "nous": seed}
    replace(path, store)
    say(f"replaced the Nous session in {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
