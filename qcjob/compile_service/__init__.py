"""Compiling programs that nobody trusts: each in a process of its own that can be killed.

    a thread of the web ── CompileService ── Zygote ──order──> python -m qcjob.compile_service ──fork──> child
                           places, cache     process.py        zygote.py, imports Qiskit once            child.py

A compiler of circuits can be made to take all memory, to hang where no signal reaches it, or to bring its process down,
by a few lines of a program. So it runs where none of that matters: in a child with bounds on time, memory, files and
network (confine.py), made by fork from a zygote that has everything imported. The zygote works on nothing itself,
because a fork after that would inherit locks that nobody opens again. wire.py is all that goes over the sockets.

Nothing is imported here: the zygote should hold no more than it needs.
"""
