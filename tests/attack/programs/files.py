"""Files that are not the program's to read, and versions that are none."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

NAMES = (
    *("/etc/passwd", "/etc/shadow", "../../../../etc/passwd", "/proc/self/environ", "/proc/self/mem", "/dev/zero"),
    *("/dev/stdin", "/dev/random", "/tmp/fifo", "./qelib1.inc", "qelib1.inc ", " qelib1.inc", "QELIB1.INC", "qelib1"),
    *("file:///etc/passwd", "http://127.0.0.1:6379/", "https://example.org/qelib1.inc", "ftp://example.org/a"),
    *(
        "\\\\\\\\host\\\\share",
        "%2e%2e%2fetc%2fpasswd",
        "~/.ssh/id_rsa",
        "$HOME/.bashrc",
        "",
        "qelib1.inc/../../etc/passwd",
    ),
)

ATTACKS = (
    *(
        openqasm2(f"an include of {name!r}", f'OPENQASM 2.0;\ninclude "{name}";', "include-not-allowed", 9, 2)
        for name in NAMES
    ),
    *(
        openqasm3(f"an include of {name!r} in OpenQASM 3", f"include '{name}';", "include-not-allowed", 9)
        for name in NAMES[:9]
    ),
    openqasm2("the other language's library", 'include "stdgates.inc";', "include-not-allowed", 9),
    openqasm3("the other language's library in OpenQASM 3", 'include "qelib1.inc";', "include-not-allowed", 9),
    openqasm3("an include without quotes", "include stdgates.inc;", "syntax-error"),
    openqasm3("an include of two", 'include "stdgates.inc" "/etc/passwd";', "syntax-error"),
    openqasm2("ten thousand includes", lambda: 'include "/etc/passwd";\n' * 10_000, "include-not-allowed", 9),
    openqasm3("an include in a body", 'gate g a { include "/etc/passwd"; }', "include-not-allowed", 20),
    openqasm2("version 1.0", "OPENQASM 1.0;", "unknown-version", 10),
    openqasm2("version 2.1", "OPENQASM 2.1;", "unknown-version", 10),
    openqasm3("version 3.2", "OPENQASM 3.2;", "unknown-version", 10),
    openqasm3("version 99999999999999999999", "OPENQASM 99999999999999999999;", "unknown-version", 10),
    openqasm3("version 0x3", "OPENQASM 0x3;", "unknown-version", 10),
    openqasm3("version -3", "OPENQASM -3;", "unknown-version", 10),
    openqasm3("version 3.0e0", "OPENQASM 3.0e0;", "unknown-version", 10),
    openqasm3('version "3.0"', 'OPENQASM "3.0";', "unknown-version", 10),
    openqasm3("version 3.0 of two", "OPENQASM 3.0 3.0;", "unknown-version", 10),
    openqasm3("no version at all", "OPENQASM;", "unknown-version", 9),
    openqasm2("the version of the other language", "OPENQASM 3.0;", "unknown-version", 10),
    openqasm3("the version of the other language in OpenQASM 3", "OPENQASM 2.0;", "unknown-version", 10),
    openqasm3("a version of a thousand digits", lambda: "OPENQASM 3." + "0" * 1000 + ";", "literal-too-long", 10),
    openqasm3("two versions", "OPENQASM 3.0; OPENQASM 3.0;", "syntax-error", 15),
    openqasm3("a version in a block", "{ OPENQASM 3.0; }", "syntax-error", 3),
    openqasm2("a version at the end", 'include "qelib1.inc"; OPENQASM 2.0;', "syntax-error", 23),
)
