"""`up`: starts the processes of an installation, watches, restarts and stops them, and does nothing else.

parts        which processes there are, with which argv and environment
redis        which redis-server, where its socket lies, how it is started
supervisor   start, watch, restart, stop
orphans      what dead parts leave behind, so that no zombie stands about
readiness    whether everything can be used
signals      waiting that a signal ends
folder       the data folder: its lock, its key
up           the order of it all
command      the command line
"""
