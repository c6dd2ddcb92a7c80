#!/opt/hermes/.venv/bin/python
"""Bring $HERMES_HOME/config.yaml to the schema of the installed agent, after backups.

The container's setup runs it as hermes. Exit 0: migrated, nothing to do, or skipped on request; 1: failed, and
config.yaml and .env are as before.
"""

import errno
import os
import shutil
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def say(text: str) -> None:
    print(f"[config-migrate] {text}", flush=True)


def copy_new(path: Path, copy: Path) -> None:
    """Copy path, with mode and times, to a new file. Until its mode is set, only its owner can read it."""
    os.close(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        shutil.copy2(path, copy)
    except OSError:  # leave no incomplete copy
        copy.unlink(missing_ok=True)
        raise


def backup(path: Path, stamp: str) -> Path:
    """Copy path to a new name in its directory and return that."""
    n = 0
    while True:
        copy = path.with_name(f"{path.name}.bak-{stamp}" + (f".{n}" if n else ""))
        try:
            copy_new(path, copy)
        except FileExistsError:
            n += 1
            continue
        return copy


def restore(copies: dict[Path, Path]) -> None:
    """Put back what was there, and remove the backups: they are the files again."""
    for path, copy in copies.items():
        if not path.is_file() or path.read_bytes() != copy.read_bytes():
            temporary = path.with_name(f".{path.name}.restore")
            temporary.unlink(missing_ok=True)
            try:
                copy_new(copy, temporary)
            except OSError:  # on a full disk: use the backup itself
                temporary = copy
            put(temporary, path)
        copy.unlink(missing_ok=True)


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
        temporary.unlink(missing_ok=True)


def main() -> int:
    if os.environ.get("HERMES_SKIP_CONFIG_MIGRATION", "").strip().lower() in ("1", "true", "yes", "on"):
        say("HERMES_SKIP_CONFIG_MIGRATION is set; skipping config migration")
        return 0

    sys.path.insert(0, str(PROJECT))
    from hermes_cli.config import check_config_version, get_config_path, get_env_path, migrate_config

    current, latest = check_config_version()
    if current >= latest:
        return 0

    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copies: dict[Path, Path] = {}
    try:
        for path in (Path(get_config_path()), Path(get_env_path())):
            if path.is_file():
                copies[path] = backup(path, stamp)
        names = ", ".join(str(copy) for copy in copies.values())
        say(f"Migrating config schema {current} -> {latest}; backups: {names}")
        migrate_config(interactive=False, quiet=True)
        reached, _ = check_config_version()
        if reached < latest:
            raise RuntimeError(f"schema is still {reached}")
    except Exception as error:  # whatever the agent raises: restore the user's files
        restore(copies)
        say(f"failed, backups restored: {type(error).__name__}: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
