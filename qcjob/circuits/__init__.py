"""Circuits: from OpenQASM to a compiled program, with Qiskit's transpiler in between.

    read       source -> Program: a circuit, its registers by name, the place of each operation in the source
    build      read, then verbatim, optimized or simulated -> the compiled program and its stats
    targets    a device's Target as Qiskit's, and back
    document   a circuit as a compiled program (plain JSON types), and back

The only room of qcjob that imports Qiskit and openqasm3 (0.5 s, 82 MB): a web process never imports it, and what is
untrusted runs here in a child process that can be killed. Everything is a pure function of its arguments.
"""
