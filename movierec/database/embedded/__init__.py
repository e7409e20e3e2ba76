"""A real Neo4j Community server, run for the user as a process of this machine, on loopback.

Neo4j is GPLv3 software; nothing of it is in this repository or in the wheel. `artifacts` fetches its
published jars for the user and checks each against the committed lock, `java` finds the runtime,
`home` keeps one server's files, `server` starts, finds and stops it.
"""
