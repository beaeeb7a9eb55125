"""Several processes of one start: `python -m tests.crowd FILE` (see Processes.at_once).

FILE holds [[program, arguments], …] as JSON. Each program, a Python text, runs in a process of its own, forked once
Django is loaded and before a database was opened; how each of them ended stands in FILE.ended when all have.
"""

import json
import os
import sys
import traceback
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "supervision.settings")


def alone(program: str, arguments: list[str]) -> int:
    """Run a program to its end as `python -c` would; its exit code."""
    sys.argv = ["-c", *arguments]
    try:
        exec(compile(program, "<program>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def main(file: Path) -> None:
    django.setup()
    started = []
    for program, arguments in json.loads(file.read_text()):
        sys.stdout.flush()
        if not (pid := os.fork()):
            code = alone(program, arguments)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        started.append(pid)
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in started]
    file.with_suffix(".ended").write_text(json.dumps(codes))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
