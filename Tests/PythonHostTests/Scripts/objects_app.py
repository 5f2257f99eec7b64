"""An application that misuses what the server hands to it; each path answers with "ok", or with what went wrong."""

import atexit
import copy
import ctypes
import gc
import io
import itertools
import pickle
import sys
import threading
import time
import traceback

kept = {}
results = []


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path in answering:
        return answering[path](environ, start_response)
    try:
        text = scenarios[path](environ, start_response) or "ok"
    except BaseException:
        text = traceback.format_exc()
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


def together(count, body):
    """Runs a body in threads; gives what they return, raises what one of them raised."""
    given, raised = [], []

    def run(number):
        try:
            given.append(body(number))
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive(), "a thread still waits"
    for error in raised:
        raise error
    return given


def refused(kinds, body, *arguments, **named):
    try:
        given = body(*arguments, **named)
    except kinds:
        return
    except BaseException as error:
        raise AssertionError(f"{body}{arguments}: {error!r} instead of {kinds}")
    raise AssertionError(f"{body}{arguments} gave {given!r}")


def expected_lines(environ):
    return sorted(b"%d" % number + b"x" * (number % 700) + b"\n" for number in range(int(environ["QUERY_STRING"])))


def iterate(environ, start_response):
    source = environ["wsgi.input"]
    lines = sorted(itertools.chain.from_iterable(together(8, lambda number: list(source))))
    assert lines == expected_lines(environ), f"{len(lines)} lines, torn or lost"


def chained(environ, start_response):
    # The last thread drops the iterator while the others wait in it.
    source = itertools.chain([b""], environ.pop("wsgi.input"))
    lines = sorted(line for part in together(8, lambda number: list(source)) for line in part if line)
    assert lines == expected_lines(environ), f"{len(lines)} lines, torn or lost"


def mixed(environ, start_response):
    source = environ["wsgi.input"]
    ways = [
        lambda: source.read(7), lambda: source.readline(), lambda: source.readline(5), lambda: b"".join(source.readlines(64)),
        lambda: next(source, b""), lambda: source.read(70000),
    ]

    def take(number):
        parts = []
        while part := ways[number % len(ways)]():
            parts.append(part)
            if number % 3 == 0:
                source.close()
        return b"".join(parts)

    got = b"".join(together(12, take))
    assert sorted(got) == sorted(b"".join(expected_lines(environ))), f"{len(got)} bytes"


def sizes(environ, start_response):
    source = environ["wsgi.input"]
    assert source.read(0) == b"" and source.readline(0) == b""
    assert source.readline(2**63 - 1) == b"0\n"
    assert source.readline(-1) == b"1x\n" and source.readline(None) == b"2xx\n"
    assert source.readlines(1) == [b"3xxx\n"]
    assert source.read(2) == b"4x" and source.readline(2) == b"xx" and source.readline() == b"x\n"
    for method in source.read, source.readline, source.readlines:
        refused(OverflowError, method, 2**63)
        refused(OverflowError, method, -(2**64))
        for wrong in "1", 1.5, [], object(), b"":
            refused(TypeError, method, wrong)
        refused(TypeError, method, 1, 2)
        refused(TypeError, method, size=1)
    source.close()
    rest = source.read(2**63 - 1)
    assert rest.startswith(b"5xxxxx\n") and rest.endswith(b"\n")
    assert source.read() == b"" == source.readline() and source.readlines() == [] == list(source) and source.read(-5) == b""
    assert next(source, None) is None


def objects(environ, start_response):
    source = environ["wsgi.input"]
    write = start_response("200 OK", [])
    for found in source, start_response:
        kind = type(found)
        refused(TypeError, kind)
        refused(TypeError, object.__new__, kind)
        refused(TypeError, type, "Child", (kind,), {})
        refused(TypeError, copy.copy, found)
        refused(TypeError, copy.deepcopy, found)
        refused((TypeError, pickle.PicklingError), pickle.dumps, found)
        refused(AttributeError, setattr, found, "context", 1)
        refused(TypeError, setattr, kind, "read", None)
        refused(TypeError, setattr, found, "__class__", list)
        refused(TypeError, memoryview, found)
        assert repr(found) and hash(found) is not None and found == found
        gc.get_referents(found), gc.get_referrers(found), sys.getsizeof(found)
    for method in "read", "readline", "readlines", "close", "__next__", "__iter__":
        refused(TypeError, getattr(type(source), method), object())
        refused(TypeError, getattr(type(source), method), start_response)
    refused(TypeError, type(start_response).__call__, source, "200 OK", [])
    for wrong in "text", None, 5, memoryview(b"abc"), bytearray(b"abc"), [b"a"]:
        refused(OSError, write, wrong)
    refused(TypeError, write)
    refused(TypeError, write, b"", b"")
    refused(AssertionError, start_response, "200 OK", [])


def heads(environ, start_response):
    refused(TypeError, start_response)
    refused(TypeError, start_response, "200 OK")
    refused(TypeError, start_response, "200 OK", [], None, None)
    refused(TypeError, start_response, "200 OK", [], wrong=None)
    for status in b"200 OK", None, 200, "", "200", "2000 OK", "200 \u20ac", "200 OK\r\nA: b", "000 OK", "abc OK", "200 OK\0":
        refused(AssertionError, start_response, status, [])
    pairs = [
        5, None, "ab", ["a", "b"], (), ("a",), ("a", "b", "c"), ("a", b"b"), (b"a", "b"), ("a", None), ("", "b"), ("a b", "c"),
        ("a", "\n"), ("a", "b\r\nc: d"), ("\u20ac", "a"), ("a", "\u20ac"), ("Content-Length", "-1"), ("Content-Length", "x"),
        ("Content-Length", "9" * 40),
    ]
    for pair in pairs:
        refused(AssertionError, start_response, "200 OK", [pair])
    for headers in None, (), {}, "ab", iter([]):
        refused(AssertionError, start_response, "200 OK", headers)

    class Text(str):
        def __eq__(self, other):
            raise AssertionError("compared")

        __hash__ = str.__hash__

    class Pairs(list):
        def __iter__(self):
            raise AssertionError("iterated")

    start_response(Text("200 OK"), Pairs([(Text("a"), Text("b"))]))
    for wrong in 5, "abc", (1, 2, 3), (1, 2), (ValueError, ValueError, None), (ValueError, ValueError(), 5), [1], object():
        refused(TypeError, start_response, "200 OK", [], wrong)
    start_response("201 Created", [], (None, None, None))
    try:
        raise KeyError("one")
    except KeyError:
        start_response("500 Oh", [], sys.exc_info())
    start_response("200 OK", [], (ValueError, ValueError("two"), None))
    kept["again"] = start_response
    # The scenario's own answer must still be possible.
    start_response.__call__("200 OK", [], (KeyError, KeyError(), None))
    return heads_answer(start_response)


def heads_answer(start_response):
    raise Answered


class Answered(Exception):
    pass


def late_heads(environ, start_response):
    """The head is on its way: an exception that is handed over goes on, and nothing else is believed."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    write(b"begun ")
    try:
        for wrong in 5, "abc", (1, 2, 3), (ValueError, ValueError, None), (ValueError, ValueError(), 5), (int, 5, None), (None, None, 5):
            refused((TypeError, AssertionError), start_response, "500 Oh", [], wrong)
        refused(AssertionError, start_response, "500 Oh", [])
        refused(AssertionError, start_response, "500 Oh", [], (None, None, None))
        for number in range(1000):
            try:
                raise KeyError(number)
            except KeyError:
                refused(KeyError, start_response, "500 Oh", [], sys.exc_info())
            refused(ValueError, start_response, "500 Oh", [], (None, ValueError(number), None))
            refused(ValueError, start_response, "500 Oh", [], (int, ValueError(number), None))
        return [b"ok"]
    except BaseException:
        return [traceback.format_exc().encode()]


def reserved(environ, start_response):
    names = "Mse-Status", "mse-status", "MSE-STATUS", "Mse-Anything", "mSe-", "X-Mse-Status", "Mses", "mse"
    start_response("200 OK", [(name, "own") for name in names])
    return iter([b"o", b"k"]) if environ["PATH_INFO"] == "/reserved-stream" else [b"ok"]


def keep(environ, start_response):
    """What a request was given, for whoever comes after it."""
    kept.update(environ=environ, start=start_response, write=start_response("200 OK", []), generator=pieces(environ, start_response))
    next(kept["generator"])
    return [b"ok"]


def pieces(environ, start_response):
    try:
        yield b"a"
    finally:
        for body in environ["wsgi.input"].read, lambda: start_response("200 OK", []):
            try:
                results.append(("finaliser", body()))
            except BaseException as error:
                results.append(("finaliser", type(error).__name__))


def use(environ, start_response):
    results.clear()
    old = kept["environ"]["wsgi.input"]

    def misuse(number):
        for _ in range(200):
            for method in old.read, old.readline, old.readlines:
                refused(ValueError, method)
                refused(ValueError, method, 5)
            refused(ValueError, next, old)
            refused(ValueError, old.read, 0)
            refused(ValueError, list, old)
            old.close()
            refused(RuntimeError, kept["write"], b"abc")
            refused(RuntimeError, kept["write"], "text")
            refused(RuntimeError, kept["start"], "200 OK", [])
            refused(RuntimeError, kept["start"], "200 OK", [], (KeyError, KeyError(), None))
            kept["environ"]["wsgi.errors"].write("")

    together(8, misuse)
    del kept["generator"]
    gc.collect()
    assert results == [("finaliser", "ValueError"), ("finaliser", "RuntimeError")], results
    kept.clear()
    gc.collect()


def outlive(environ, start_response):
    """Threads wait for more of the body when the answer is given."""
    results.clear()
    source = environ["wsgi.input"]
    ready = threading.Barrier(7)

    def wait(number):
        ready.wait()
        try:
            while [source.read, source.readline, lambda: next(source)][number % 3]():
                pass
            results.append("end")
        except BaseException as error:
            results.append(type(error).__name__)

    for number in range(6):
        threading.Thread(target=wait, args=(number,), daemon=True).start()
    del environ["wsgi.input"]
    ready.wait()
    time.sleep(0.2)


def outlived(environ, start_response):
    for _ in range(200):
        if len(results) == 6:
            break
        time.sleep(0.05)
    # Which of the two depends on who notices first, the connection or the host.
    assert len(results) == 6 and set(results) <= {"ValueError", "ConnectionResetError"}, results


def write_outlives(environ, start_response):
    """Threads write on while and after the answer ends."""
    write = start_response("200 OK", [("Content-Type", "text/plain")])
    results.clear()

    def go_on():
        try:
            while True:
                write(b"x" * 50000)
        except BaseException as error:
            results.append(type(error).__name__)

    for _ in range(6):
        threading.Thread(target=go_on, daemon=True).start()
    time.sleep(0.1)
    return [b"ok"]


def write_outlived(environ, start_response):
    for _ in range(200):
        if len(results) == 6:
            break
        time.sleep(0.05)
    assert len(results) == 6 and set(results) <= {"RuntimeError", "OSError"}, results


def reentrant(environ, start_response):
    """Finalisers, number objects and generators that come back to what is being used."""
    source = environ["wsgi.input"]

    class Number:
        def __index__(self):
            return len(source.readline())

    assert source.readline(Number()) is not None and source.read(Number()) is not None and source.readlines(Number())

    class Cycle:
        def __del__(self):
            results.append(source.readline())

    results.clear()
    gc.collect()
    for _ in range(100):
        cycle = Cycle()
        cycle.me = cycle
    del cycle
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        source.readlines(500), source.readline(), source.read(5000)
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert len(results) == 100, len(results)

    class Truth(tuple):
        def __bool__(self):
            start_response("200 OK", [])
            source.read(10)
            return False

    refused(AssertionError, start_response, "200 OK", [], Truth([1]))
    raise Answered


def at_the_end(environ, start_response):
    """When the process ends, threads still use everything, and so does what atexit holds."""
    write = start_response("200 OK", [])
    source = environ["wsgi.input"]

    def hammer():
        while True:
            time.sleep(0.001)
            for body in source.read, source.readline, lambda: write(b"x"), lambda: start_response("200 OK", []), lambda: list(source):
                try:
                    body()
                except (ValueError, RuntimeError, OSError, AssertionError):
                    pass

    for _ in range(4):
        threading.Thread(target=hammer, daemon=True).start()

    def last():
        refused(ValueError, source.read)
        refused(RuntimeError, write, b"x")
        print("atexit was here", flush=True)

    atexit.register(last)
    return [b"ok"]


def native_exit(environ, start_response):
    """What native libraries hold for the end of the process never returns."""
    libc = ctypes.CDLL(None)
    assert libc.__cxa_atexit(libc.pause, None, None) == 0
    print("native", end="", flush=True)


def slow_exit(environ, start_response):
    atexit.register(time.sleep, 3600)
    threading.Thread(target=time.sleep, args=(3600,)).start()


def blocks(environ, start_response):
    gc.collect()
    return str(sys.getallocatedblocks())


def count(environ, start_response):
    return str(len(environ["wsgi.input"].read()))


def echo(environ, start_response):
    try:
        start_response("200 OK", [("X-Count", "1")])
        return [environ["wsgi.input"].read(100)]
    finally:
        list(io.BytesIO(b"a"))


def answered(scenario):
    """For scenarios that called start_response themselves."""

    def call(environ, start_response):
        try:
            scenario(environ, start_response)
        except Answered:
            return [b"ok"]
        except BaseException:
            text = traceback.format_exc().encode()
            try:
                raise ValueError
            except ValueError:
                start_response("200 OK", [], sys.exc_info())
            return [text]
        return [b"no answer"]

    return call


scenarios = {
    "/iterate": iterate, "/chained": chained, "/mixed": mixed, "/sizes": sizes, "/use": use, "/outlive": outlive,
    "/outlived": outlived, "/write-outlived": write_outlived, "/blocks": blocks, "/count": count,
    "/slow-exit": slow_exit, "/native-exit": native_exit,
}
answering = {
    "/keep": keep, "/late-heads": late_heads, "/write-outlives": write_outlives, "/at-the-end": at_the_end, "/echo": echo,
    "/heads": answered(heads), "/reentrant": answered(reentrant), "/reserved": reserved, "/reserved-stream": reserved,
}


def with_objects(environ, start_response):
    try:
        objects(environ, start_response)
        return [b"ok"]
    except BaseException:
        return [traceback.format_exc().encode()]


answering["/objects"] = with_objects
