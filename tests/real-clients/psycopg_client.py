"""Prints what the table of postgres.test.mjs holds, read with psycopg."""

import sys

import psycopg

with psycopg.connect(sys.argv[1]) as connection:
    row = connection.execute("SELECT text FROM notes WHERE id = %s", (1,)).fetchone()
    print(row[0])
