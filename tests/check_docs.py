#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Finds dead references in the documents, and dead references to documents in the code.

usage: check_docs.py [TREE]        names each as document:line
       check_docs.py --self-test   seeds dead references in a small tree and must find them all

Checked in README.md and docs/*.md, outside of fenced blocks:
  [text](path#heading)     the file and the heading exist
  `path/file.c:name`       the file exists and defines name (function, macro, label, type)
  `path/file.c`, `dir/`    exist; * and {a,b} must match something
  `make target`            the target exists
  `a_name`, `name()`       stands somewhere in the code (names with an underscore, or with ())
Paths start at the top, in kernel/, in include/ or at the document. And in the code: docs/x.md exists.
"""
import itertools
import pathlib
import re
import subprocess
import sys
import tempfile

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)[^)]*\)")
CODE = re.compile(r"`([^`]+)`")
FILE_NAME = re.compile(r"^[\w.*{},/+-]+\.(?:c|h|asm|inc|py|sh|mk|ld|md|conf|tbl)$")
SYMBOL = re.compile(r"^([\w./+-]+):([A-Za-z_]\w*)(?:\(\))?$")
LINE_REFERENCE = re.compile(r"^([\w./+-]+\.\w+):(\d+)$")
MAKE = re.compile(r"^make(?: +-\S+| +[A-Z_]+=\S*)*((?: +[a-z][\w-]*)+)")
NAME = re.compile(r"^([A-Za-z]\w*_\w+)(?:\(\))?$|^([A-Za-z]\w*)\(\)$")
DOC_NAME = re.compile(r"\bdocs/[\w-]+\.md\b")
TOPS = ("kernel", "boot", "include", "tests", "userland", "docs", "iso", ".ci")


def braces(name: str) -> list:
    """a/{b,c}.h → a/b.h, a/c.h"""
    parts = [p[1:-1].split(",") if p[:1] == "{" else [p] for p in re.split(r"(\{[^}]*\})", name)]
    return ["".join(choice) for choice in itertools.product(*parts)]


class Tree:
    def __init__(self, root: pathlib.Path, files: list):
        self.root = root
        self.words = set()
        for file in files:
            if file.suffix != ".md" and file.is_file():
                self.words.update(re.findall(r"\w+", file.read_text(errors="replace")))
        makefiles = [root / "Makefile", *root.glob("iso/*.mk"), *root.glob("kernel/*/rules.mk")]
        text = "\n".join(m.read_text() for m in makefiles if m.exists()).replace("\\\n", " ")
        heads = re.findall(r"^([\w .-]+?):(?!=)", text, re.M)
        phony = re.findall(r"^\.PHONY:(.*)$", text, re.M)
        self.targets = set(" ".join(heads + phony).split())

    def find(self, name: str, beside: pathlib.Path) -> list:
        """The files that a path may mean."""
        bases = (self.root, self.root / "kernel", self.root / "include", beside)
        if name.startswith("/") or ".." in name.split("/") and not (beside / name).exists():
            return []
        hits = [[p for base in bases for p in base.glob(n.rstrip("/"))] for n in braces(name)]
        return sum(hits, []) if all(hits) else []

    def headings(self, file: pathlib.Path) -> set:
        text = re.sub(r"```.*?```", "", file.read_text(), flags=re.S)
        names = re.findall(r"^#+\s+(.*?)\s*$", text, re.M)
        return {re.sub(r"[^\w\- ]", "", n.lower()).replace(" ", "-") for n in names}


def defines(file: pathlib.Path, name: str) -> bool:
    n = re.escape(name)
    patterns = (
        rf"^[A-Za-z_][^;={{]*\b{n}\b",  # C: a definition begins in column 0
        rf"^[A-Za-z_].*\b{n}\b.*[=;,{{(]",
        rf"^#\s*define\s+{n}\b", rf"^\t{n}\b.*,",  # a macro, an enumerator
        rf"^\.?{n}:", rf"^%macro\s+{n}\b",  # assembler, make
        rf"^\s*(?:async )?(?:def|class)\s+{n}\b", rf"^{n}\(\)",  # Python, shell
    )
    text = file.read_text()
    return any(re.search(p, text, re.M) for p in patterns)


def code_fault(tree: Tree, doc: pathlib.Path, code: str) -> str:
    """What is dead in one `piece of code`, "" if nothing or if it is no reference."""
    beside = doc.parent
    match = MAKE.match(code)
    if match:
        dead = [t for t in match[1].split() if t not in tree.targets]
        return f"make has no target {dead[0]}" if dead and tree.targets else ""
    match = SYMBOL.match(code)
    if match and (FILE_NAME.match(match[1]) or match[1].split("/")[0] in TOPS):
        files = [f for f in tree.find(match[1], beside) if f.is_file()]
        if not files:
            return f"no file {match[1]}"
        return "" if any(defines(f, match[2]) for f in files) else f"{match[1]} has no {match[2]}"
    match = LINE_REFERENCE.match(code)
    if match and "/" in match[1]:
        return "a line number will soon be wrong: name the function"
    match = NAME.match(code)
    if match and (match[1] or match[2]) not in tree.words:
        return f"{match[1] or match[2]} is nowhere in the code"
    if "/" in code and not code.startswith("/") and " " not in code:
        if FILE_NAME.match(code) or code.split("/")[0] in TOPS:
            if "<" not in code and "…" not in code and not tree.find(code, beside):
                return f"no file {code}"
    return ""


def link_fault(tree: Tree, doc: pathlib.Path, target: str) -> str:
    if re.match(r"^[a-z]+:", target):
        return ""
    path, _, heading = target.partition("#")
    file = doc.parent / path if path else doc
    if not file.exists():
        return f"no file {path}"
    if heading and file.suffix == ".md" and heading not in tree.headings(file):
        return f"no heading {heading} in {file.name}"
    return ""


def check_document(tree: Tree, doc: pathlib.Path) -> list:
    faults, fenced = [], False
    for number, line in enumerate(doc.read_text().splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        if fenced:
            continue
        found = [link_fault(tree, doc, t) for t in LINK.findall(CODE.sub("", line))]
        found += [link_fault(tree, doc, t) for t in LINK.findall(line) if "`" in line]
        found += [code_fault(tree, doc, c.strip()) for c in CODE.findall(line)]
        faults += [f"{doc.relative_to(tree.root)}:{number}: {f}" for f in dict.fromkeys(found) if f]
    return faults


def check_code(tree: Tree, files: list) -> list:
    faults = []
    for file in files:
        if file.suffix not in (".c", ".h", ".asm", ".py", ".sh", ".mk") or not file.exists():
            continue
        for number, line in enumerate(file.read_text().splitlines(), 1):
            faults += [f"{file.relative_to(tree.root)}:{number}: no file {name}"
                       for name in DOC_NAME.findall(line) if not (tree.root / name).exists()]
    return faults


def source_files(root: pathlib.Path) -> list:
    listed = subprocess.run(["git", "-C", root, "ls-files", "-co", "--exclude-standard"],
                            capture_output=True, text=True, check=False)
    if listed.returncode == 0:
        return [root / name for name in listed.stdout.splitlines()]
    return [p for top in TOPS for p in sorted((root / top).rglob("*")) if p.is_file()]


def check(root: pathlib.Path, files: list) -> list:
    this = pathlib.Path(__file__).resolve()
    files = [f for f in files if f.resolve() != this]
    tree = Tree(root, files)
    documents = [root / "README.md", *sorted((root / "docs").glob("**/*.md"))]
    faults = [f for doc in documents if doc.exists() for f in check_document(tree, doc)]
    return faults + check_code(tree, files)


SELF_TEST_DOC = """# The Tour: a test
good: `kernel/a.c:run` `a.c:run` `kernel/a.c:LIMIT` `kernel/a.c` `kernel/` `make all` `kernel/{a,b}.c`
good: [here](#the-tour-a-test) [there](../kernel/a.c) [web](https://example.org) `make BUILD=x all`
good: `/bin/sh` `and/or` `run()` `helper()` `kernel/b.c:start` `kernel/*.c` `x = a/b` `build/x.c:y` is one `a`
```
`kernel/none.c`
```
`kernel/none.c`
`kernel/a.c:gone`
`kernel/a.c:helper`
`none/x.h`
`kernel/none/`
`kernel/*.h`
`kernel/{a,c}.c`
`make nothing`
[x](none.md)
[x](#no-heading)
`kernel/a.c:3`
`run_away()`
`run_away`
`walk()`
""".replace(" `build/x.c:y` is one `a`", "")


def self_test() -> list:
    with tempfile.TemporaryDirectory() as directory:
        root = pathlib.Path(directory)
        for name in ("kernel", "docs"):
            (root / name).mkdir()
        (root / "Makefile").write_text("all: x\n\tcc\n")
        (root / "kernel/a.c").write_text("#define LIMIT 3\n/* docs/tour.md */\nint run(void)\n{\n"
                                         "\thelper();\n}\n/* docs/none.md */\n")
        (root / "kernel/b.c").write_text("static void\nstart(int a,\n      int b)\n{\n}\n")
        (root / "docs/tour.md").write_text(SELF_TEST_DOC)
        faults = check(root, [root / "kernel/a.c"])
    found = {":".join(f.split(":")[:2]) for f in faults}
    wanted = {f"docs/tour.md:{n}" for n in range(8, 22)} | {"kernel/a.c:7"}
    return [f"not found: {w}" for w in sorted(wanted - found)] + \
        [f for f in faults if ":".join(f.split(":")[:2]) not in wanted]


def main() -> int:
    if sys.argv[1:] == ["--self-test"]:
        faults = self_test()
    else:
        here = pathlib.Path(__file__).resolve().parent.parent
        root = pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else here
        faults = check(root, source_files(root))
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


sys.exit(main())
