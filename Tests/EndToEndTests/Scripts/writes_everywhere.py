"""A Flask service that writes a marker in every way that applications do, and says where it went."""

import json
import logging
import os
import pathlib
import pwd
import shelve
import signal
import sqlite3
import subprocess
import tempfile

from flask import Flask, request

app = Flask(__name__)
# The agent's end must not depend on what an application does with signals.
for number in signal.SIGTERM, signal.SIGUSR1, signal.SIGINT:
    signal.signal(number, signal.SIG_IGN)


@app.get("/health")
def health():
    return "OK"


@app.get("/write")
def write():
    marker = request.args["marker"]
    paths = {"working folder": os.getcwd(), "PWD": os.environ["PWD"], "gettempdir": tempfile.gettempdir()}

    def text(way, path):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(marker)
        paths[way] = os.path.abspath(path)

    text("relative", marker + ".txt")
    text("relative folder", marker + "/inner/file")
    pathlib.Path(marker + ".pathlib").write_text(marker, encoding="utf-8")
    database = sqlite3.connect(marker + ".db")
    database.execute("create table notes (note text)")
    database.execute("insert into notes values (?)", (marker,))
    database.commit()
    paths["sqlite3"] = database.execute("pragma database_list").fetchone()[2]
    with shelve.open(marker + ".shelf") as shelf:
        shelf["note"] = marker
    handler = logging.FileHandler(marker + ".log")
    handler.emit(logging.LogRecord("a", logging.INFO, "a", 1, marker, (), None))
    handler.close()
    paths["logging"] = handler.baseFilename
    text("~", os.path.expanduser("~/" + marker))
    text("HOME", os.path.join(os.environ["HOME"], marker + "-home"))
    text("Path.home", str(pathlib.Path.home() / (marker + "-path")))
    if "users" in request.args:
        user = pwd.getpwuid(os.getuid())
        text("getpwuid", os.path.join(user.pw_dir, marker + "-user"))
        text("getpwnam", os.path.join(pwd.getpwnam(user.pw_name).pw_dir, marker + "-name"))
        text("~user", os.path.expanduser(f"~{user.pw_name}/{marker}-tilde"))
        for entry in pwd.getpwall():
            paths["getpwall " + entry.pw_name] = entry.pw_dir
        home = os.environ.pop("HOME")
        text("~ without HOME", os.path.expanduser(f"~/{marker}-bare"))
        os.environ["HOME"] = home
    with tempfile.NamedTemporaryFile(prefix=marker, delete=False) as file:
        file.write(marker.encode())
        paths["tempfile"] = file.name
    paths["mkdtemp"] = tempfile.mkdtemp(prefix=marker)
    text("TMPDIR", os.path.join(os.environ["TMPDIR"], marker))
    for name in "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME":
        text(name, os.path.join(os.environ.get(name, os.path.expanduser("~")), marker))
    text("instance_path", os.path.join(app.instance_path, marker))
    with app.open_instance_resource(marker + "-resource", "w") as file:
        file.write(marker)
    try:
        child = subprocess.run(["pwd"], capture_output=True, text=True, check=True, timeout=20)
        paths["of a child"] = child.stdout.strip()
    except OSError:
        pass  # where no process may be started
    return json.dumps({"memory": os.path.dirname(os.environ["MODULE_PATH"]), "code": os.environ["MODULE_PATH"], "paths": paths})
