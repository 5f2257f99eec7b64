# What Python's standard library finds in an enclave: each line that fails is told. Appended to an application.
@app.get("/standard")
def standard():
    import errno, locale, logging, mimetypes, multiprocessing, multiprocessing.dummy, multiprocessing.pool, os, subprocess, sys, tempfile

    failed = []

    def works(name, call):
        try:
            if not call():
                failed.append(f"{name}: is another")
        except BaseException as error:
            failed.append(f"{name}: {error!r}")

    def is_refused(call):
        try:
            call()
        except OSError as error:
            return error.errno in (errno.EPERM, errno.ENOSYS)

    def pool():
        with multiprocessing.pool.ThreadPool(2) as threads:
            return threads.map(abs, [-1, 2]) == [1, 2]

    def lock():
        with multiprocessing.Lock():
            return True

    def queue():
        one = multiprocessing.SimpleQueue()
        one.put(5)
        return one.get() == 5

    def shared():
        from multiprocessing.shared_memory import SharedMemory
        block = SharedMemory(create=True, size=64, track=False) if sys.version_info >= (3, 13) else None
        if block:
            block.close()
            block.unlink()
        return True

    def stream(path):
        handler = logging.FileHandler(path)
        handler.emit(logging.makeLogRecord({"msg": "said by way of " + path}))
        handler.close()
        return True

    works("pool", pool)
    works("lock", lock)
    works("queue", queue)
    works("shared", shared)
    works("shared file", lambda: open("/dev/shm/mse-standard-parts", "w").write("own") and open("/memory/shm/mse-standard-parts").read() == "own")
    works("value", lambda: multiprocessing.Value("i", 7).value == 7)
    works("locale", lambda: "UTF-8" in locale.setlocale(locale.LC_ALL, "").replace("utf8", "UTF-8"))
    works("mimetypes", lambda: mimetypes.guess_type("a.webp")[0] == "image/webp")
    works("stdout", lambda: stream("/dev/stdout"))
    works("stderr", lambda: stream("/dev/stderr"))
    works("fd", lambda: os.listdir("/dev/fd"))
    works("subprocess", lambda: is_refused(lambda: subprocess.run(["true"])))
    works("fork", lambda: is_refused(os.fork))
    works("suid", lambda: is_refused(lambda: os.chmod(tempfile.mkstemp()[1], 0o4755)))
    works("sgid", lambda: is_refused(lambda: os.chmod(tempfile.mkstemp()[1], 0o2755)))
    works("sgid by descriptor", lambda: is_refused(lambda: os.fchmod(tempfile.mkstemp()[0], 0o2755)))
    works("suid opened", lambda: is_refused(lambda: os.open(tempfile.mktemp(), os.O_CREAT | os.O_WRONLY, 0o4755)))
    works("mode", lambda: os.chmod(tempfile.mkstemp()[1], 0o755) is None)
    return {"failed": failed}
