# What a service finds out about the machine below /proc and by psutil. Appended to an application.
@app.get("/kernel")
def kernel():
    import os, platform, socket, threading

    import psutil

    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    texts, unexpected = {}, []
    for folder, folders, names in os.walk("/proc"):
        if folder.endswith(("/fd", "/fdinfo")):
            continue
        for name in names:
            try:
                with open(folder + "/" + name, "rb") as file:
                    texts[folder + "/" + name] = file.read(1 << 16).decode("latin-1")
            except OSError:
                pass
    # By the number of a thread, which no list shows, or by way of a folder.
    for start in ("/proc/self", "/proc/1", "/proc/thread-self", f"/proc/{thread.native_id}", f"/proc/self/task/{thread.native_id}"):
        for name in ("net/tcp", "net/route", "net/arp", "net/dev", "net/fib_trie", "mountinfo", "mounts", "cgroup", "ns/net", "root/proc"):
            try:
                with open(f"{start}/{name}") as file:
                    if file.read():
                        unexpected.append(f"{start}/{name}")
            except OSError:
                pass
    for path in ("/proc/cmdline", "/proc/version", "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/hostname", "/proc/net/tcp",
                 "/proc/net/route", "/proc/mounts", "/proc/partitions", "/proc/kallsyms", "/proc/modules", "/proc/config.gz", "/proc/keys",
                 "/proc/diskstats", "/proc/sys/net/ipv4/ip_forward", "/proc/kcore", "/proc/sysrq-trigger", "/proc/self/fd/../mountinfo"):
        try:
            with open(path, "rb") as file:
                if file.read(1):
                    unexpected.append(path)
        except OSError:
            pass
    stop.set()
    failed = []
    process = psutil.Process()
    calls = [psutil.cpu_count, psutil.cpu_percent, psutil.cpu_times, psutil.virtual_memory, psutil.swap_memory, psutil.boot_time,
             psutil.getloadavg, psutil.pids, psutil.disk_partitions, psutil.net_connections, process.memory_info, process.memory_full_info,
             process.cpu_times, process.num_threads, process.threads, process.open_files, process.num_fds, process.status, process.name,
             process.exe, process.cwd, process.cmdline, process.create_time, process.uids, process.net_connections, process.io_counters,
             process.environ, process.memory_maps, lambda: psutil.disk_usage("/tmp"), lambda: psutil.net_io_counters(),
             platform.uname, os.cpu_count, os.getloadavg, socket.gethostname, lambda: socket.gethostbyname(socket.gethostname())]
    for index, call in enumerate(calls):
        try:
            call()
        except psutil.Error:
            pass
        except Exception as error:
            failed.append(f"{getattr(call, '__name__', index)}: {error!r}")
    works = "yes" if psutil.virtual_memory().total and psutil.cpu_count() and process.memory_info().rss and texts["/proc/1/maps"] else "no"
    return {"name": socket.gethostname(), "processes": psutil.pids(), "unexpected": unexpected, "failed": failed, "works": works, "texts": texts}
