"""The one door to Neo4j: settings, connection, query files, runs and the embedded server.

No other package imports the `neo4j` driver.
"""
