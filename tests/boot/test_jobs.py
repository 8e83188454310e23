# SPDX-License-Identifier: ISC
"""Dynamic programs as Debian packs them: each does a job on Leash as it does on this Linux."""

import glob
import os
import re
import shutil
import subprocess

import pexpect

from harness import machine
from harness.runner import test

JOBS = os.path.join(machine.ROOT, "tests", "jobs")
PROGRAMS = """dash bash perl lua5.4 gawk sqlite3 tcc python3
    basename cat chmod cmp comm cp cut date dd echo env expr head id ln ls mkdir mv od paste printf
    readlink rm seq sha256sum sleep sort split stat tail tee timeout touch tr truncate uniq wc
    """.split()
# What tcc opens: its own files, the C library's headers and its start files.
LIBC = "/usr/lib/x86_64-linux-gnu"
FILES = [LIBC + "/tcc", "/usr/include/x86_64-linux-gnu/bits", "/usr/include/x86_64-linux-gnu/gnu",
         "/usr/include/x86_64-linux-gnu/sys/cdefs.h", "/usr/include/x86_64-linux-gnu/sys/types.h",
         "/usr/include/x86_64-linux-gnu/sys/select.h"]
FILES += [f"/usr/include/{name}.h" for name in
          ("stdio", "stdlib", "string", "strings", "features", "features-time64", "alloca",
           "endian", "stdc-predef")]
FILES += [f"{LIBC}/{name}" for name in ("libc.so", "libc_nonshared.a", "crt1.o", "crti.o", "crtn.o")]
SHELL = "/usr/bin/dash"
PYTHON = "/usr/bin/python3"
# What python.py and the prompt import: the files of all modules that are there afterwards.
MODULES = ("import sys, hashlib, json, os\n"
           "print(*(getattr(m, '__file__', None) or '' for m in sys.modules.values()), sep='\\n')")
PERL_DEBUGGER = """perl5db.pl Carp.pm Config.pm Config_heavy.pl Config_git.pl Exporter.pm Term/ReadLine.pm Term/Cap.pm
    feature.pm strict.pm vars.pm warnings.pm warnings/register.pm bytes.pm integer.pm lib.pm overload.pm
    overloading.pm utf8.pm Symbol.pm SelectSaver.pm IO.pm IO/Handle.pm IO/File.pm IO/Seekable.pm
    Fcntl.pm Cwd.pm constant.pm meta_notation.pm Tie/Hash.pm XSLoader.pm dumpvar.pl re.pm
    Scalar/Util.pm List/Util.pm mro.pm B.pm File/Path.pm File/Basename.pm File/Spec.pm
    File/Spec/Unix.pm DB.pm POSIX.pm parent.pm base.pm""".split()


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


def python_files():
    return [path for path in output_of(PYTHON, "-S", "-c", MODULES).split("\n") if os.path.isfile(path)]


def perl_files():
    """The debugger's modules, wherever perl finds them, and their shared objects."""
    places = output_of("/usr/bin/perl", "-e", "print join qq(\n), @INC").split("\n")
    found = [f"{place}/{name}" for name in PERL_DEBUGGER for place in places]
    found += [f"{place}/auto/{name}" for place in places
              for name in ("Fcntl/Fcntl.so", "Cwd/Cwd.so", "IO/IO.so", "List/Util/Util.so", "B/B.so")]
    return [path for path in found if os.path.isfile(path)]


def collect(directory):
    """The programs with their libraries and the jobs, as an overlay."""
    shutil.rmtree(directory, ignore_errors=True)
    jobs = os.path.join(directory, "jobs")
    shutil.copytree(JOBS, jobs)
    subprocess.run(["musl-gcc", "-O1", "-o", f"{jobs}/musl", f"{jobs}/musl.c"], check=True)
    subprocess.run([os.path.join(machine.ROOT, "tests", "tools", "overlay.sh"), directory,
                    *(f"/usr/bin/{name}" for name in PROGRAMS), "/lib/ld-musl-x86_64.so.1",
                    *python_files(), *perl_files(), *FILES], check=True)
    # Compiled once here, whatever times the files will have: not at each start there.
    subprocess.run([PYTHON, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash",
                    *glob.glob(f"{directory}/usr/lib/python3*")], check=True)
    os.makedirs(os.path.join(directory, "bin"), exist_ok=True)
    os.symlink(SHELL, os.path.join(directory, "bin", "sh"))


def image(directory, iso):
    """The built image, its root file system with @directory laid over it."""
    tools = os.path.join(machine.ROOT, "iso")
    root = iso + "-root"
    initrd = root + ".cpio"
    subprocess.run([f"{tools}/mkroot.sh", root, "userland/root", f"{machine.BUILD}/userland/root",
                    directory], cwd=machine.ROOT, check=True)
    subprocess.run(["python3", f"{tools}/mkinitrd.py", root, f"{tools}/root.modes", initrd], check=True)
    parts = [os.path.join(machine.BUILD, name)
             for name in ("BOOTX64.EFI", "kernel.stripped.elf", "kernel.sym")]
    subprocess.run([f"{tools}/mkiso.sh", iso, *parts, initrd, f"{tools}/leash.conf"], check=True)
    os.unlink(initrd)
    shutil.rmtree(root)


def results(output):
    """{job: (status, lines)}"""
    found = {}
    for part in re.split(r"^=== job ", output, flags=re.M)[1:]:
        name, _, text = part.partition("\n")
        text, _, status = text.partition("=== status ")
        lines = [line for line in text.split("\n") if not machine.LOG_LINE.match(line)]
        found[name] = (status.split("\n")[0], lines)
    return found


def compare(case, name, mine, reference):
    if not case.check(mine is not None, f"{name}: its output is not there"):
        return
    case.equal(mine[0], reference[0], f"{name}: its status")
    for number, (got, want) in enumerate(zip(mine[1], reference[1]), 1):
        if got != want:
            case.check(False, f"{name}: line {number}: Leash {got!r}, Linux {want!r}")
            return
    case.equal(len(mine[1]), len(reference[1]), f"{name}: lines")


@test(50)
def jobs_as_on_linux(case):
    directory, iso = case.path("-overlay"), case.path(".iso")
    collect(directory)
    image(directory, iso)
    linux = subprocess.run([SHELL, f"{directory}/jobs/all.sh", f"{directory}/jobs"], stdout=subprocess.PIPE,
                           stdin=subprocess.DEVNULL, timeout=120).stdout.decode("utf-8", "replace")
    output = case.run_to_end(f"init={SHELL} -- /jobs/all.sh /jobs", 300, ISO=iso, MEDIA="usb")
    reference, mine = results(linux), results(output)
    case.check(len(reference) >= 8, "the jobs ran on Linux")
    for name in reference:
        compare(case, name, mine.get(name), reference[name])
    # Sockets are wanted for syslog and name servers, clone3 has clone behind it and membarrier
    # signals: no need of any.
    missing = sorted(set(re.findall(r"unsupported system call \d+ \((?!socket|clone3|membarrier)\w+\)",
                                    output)))
    case.equal(missing, [], "calls that were missing")
    shutil.rmtree(directory)
    prompts_as_on_linux(case, iso)
    os.unlink(iso)


# -- the same programs at their prompts ----------------------------------------------------------

# A program, what its prompt is, what is typed at it. The last line ends it.
PROMPTS = [
    ("python3 -S -q", r">>> \Z|\.\.\. \Z", ["2 ** 100", "import json, hashlib", "for n in range(3):",
                                         "    print(n * n)", "", "sorted({3, 1, 2})", "1 / 0",
                                         "hashlib.md5(b'leash').hexdigest()", "raise SystemExit"]),
    ("perl -de0", r"  DB<\d+> \Z", ["print join ',', map { $_ * 2 } 1 .. 5", "$x = { a => [1, 2] }", "x $x",
                                  "p 6 * 7", "die 'no'", "q"]),
    ("lua5.4", r">>? \Z", ["= 6 * 7", "for i = 1, 3 do print(i)", "end", "error('no')", "os.exit(0)"]),
    ("sqlite3", r"sqlite> \Z|   \.\.\.> \Z", ["create table t (a, b);", "insert into t values (1, 'x'), (2,",
                                          "'y');", "select * from t;", "select * from none;",
                                          "pragma integrity_check;", ".quit"]),
    ("PS1='inner''# ' bash --norc -i", r"inner# \Z", ["x=(a b c); echo ${x[1]}", "sleep 0.1; echo slept",
                                       "false || echo no", "nosuchcommand", "exit"]),
]
SHELL_PROMPT = r"shell# \Z"
# Who is started as the first process has no terminal of its own: bash says so there alone.
NO_JOB_CONTROL = re.compile(r"^bash: (cannot set terminal process group|no job control).*\n", re.M)
ESCAPE = re.compile(r"\x1b\[[?0-9;]*[a-zA-Z]")


def plain(text):
    """What stays to be read: no escapes, no addresses, no log lines, one kind of line end."""
    text = re.sub(r"0x[0-9a-f]+", "0x", ESCAPE.sub("", text).replace("\r", ""))
    text = NO_JOB_CONTROL.sub("", text)
    return "\n".join(line.rstrip() for line in text.split("\n") if not machine.LOG_LINE.match(line))


def talk(send, expect):
    """Holds all the conversations; {program: what came}."""
    said = {}
    send("PS1='shell''# '; stty rows 24 cols 80; export TERM=dumb LC_ALL=C HOME=/tmp\r")
    expect(SHELL_PROMPT)
    for program, prompt, lines in PROMPTS:
        send(f"{program}\r")
        text = expect(prompt)
        for line in lines:
            send(f"{line}\r")
            text += expect(SHELL_PROMPT if line == lines[-1] else prompt)
        said[program] = plain(text)
    return said


def linux_conversation():
    shell = pexpect.spawn(SHELL, ["-i"], encoding="utf-8", timeout=30 * machine.PATIENCE,
                          env={"PATH": "/usr/bin:/bin", "PS1": "shell# "})
    shell.delaybeforesend = None
    shell.expect(SHELL_PROMPT)

    def expect(pattern):
        shell.expect(pattern)
        return shell.before + shell.after
    said = talk(shell.send, expect)
    shell.close(force=True)
    return said


def leash_conversation(case, iso):
    with case.boot(f"onexit=debug panic=debug PATH=/usr/bin:/bin init={SHELL} -- -i", ISO=iso,
                   MEDIA="usb") as m:
        m.expect(r"# \Z", 90)
        place = len(m.output)

        def expect(pattern):
            nonlocal place
            m.expect(pattern, 60, place)
            text = m.output[place:]
            place = len(m.output)
            return text
        return talk(m.send, expect)


def prompts_as_on_linux(case, iso):
    linux, leash = linux_conversation(), leash_conversation(case, iso)
    for program, *_ in PROMPTS:
        want, got = (said[program].split("\n") for said in (linux, leash))
        for theirs, ours in zip(want, got):
            if theirs != ours:
                case.check(False, f"{program}: Leash {ours!r}, Linux {theirs!r}")
                break
        case.equal(len(got), len(want), f"{program}: lines of its conversation")
