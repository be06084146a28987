"""Runs one command and writes its exit status, wall time, CPU time and peak RSS: child.py RESULT SECONDS COMMAND...

A process of its own, and a bare one (python -I -S), because Linux counts the memory of the process that a child is
started from as the child's: the peak RSS of anything reads as at least this script's 9 MiB.
"""
import os, signal, sys, time


def main():
    result, limit, command = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ, setsigdef=[signal.SIGPIPE])
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(limit)
    _, status, usage = os.wait4(child, 0)
    wall = time.monotonic() - start
    code = os.waitstatus_to_exitcode(status)
    with open(result, "w") as out:
        print(code, wall, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, file=out)


main()
