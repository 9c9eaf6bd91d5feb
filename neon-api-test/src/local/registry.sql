-- What the test processes know of each other. A copy is a database `neon_test_<template>_<number>`
-- with a role of the same name; whoever makes, uses or removes it holds the advisory lock of its
-- number, which the server takes from sessions that end. It is free to be used if it exists, is not
-- in the table, and its lock can be had.
REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;

CREATE TABLE IF NOT EXISTS used (name text PRIMARY KEY);
CREATE TABLE IF NOT EXISTS templates (name text PRIMARY KEY, used_at timestamptz NOT NULL);
CREATE SEQUENCE IF NOT EXISTS numbers;

CREATE OR REPLACE FUNCTION number_of(name text) RETURNS bigint
IMMUTABLE LANGUAGE sql AS $$ SELECT split_part(name, '_', 4)::bigint $$;

-- A free copy, which is used from now on by this session; null if there is none.
CREATE OR REPLACE FUNCTION take(template text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  candidate text;
BEGIN
  FOR candidate IN
    SELECT datname FROM pg_database
    WHERE datname LIKE replace(template, '_', '\_') || '\_%'
      AND NOT EXISTS (SELECT FROM used WHERE name = datname)
    ORDER BY oid
  LOOP
    IF pg_try_advisory_lock(number_of(candidate)) THEN
      IF EXISTS (SELECT FROM pg_database WHERE datname = candidate)
         AND NOT EXISTS (SELECT FROM used WHERE name = candidate) THEN
        INSERT INTO used VALUES (candidate);
        RETURN candidate;
      END IF;
      PERFORM pg_advisory_unlock(number_of(candidate));
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

-- The name of a copy that is to be made, for this session or for whoever takes it, whose lock this
-- session holds.
CREATE OR REPLACE FUNCTION begin_copy(template text, is_used bool) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  copy text := template || '_' || nextval('numbers');
BEGIN
  PERFORM pg_advisory_lock(number_of(copy));
  IF is_used THEN
    INSERT INTO used VALUES (copy);
  END IF;
  RETURN copy;
END $$;

-- How many copies are free, or will be soon.
CREATE OR REPLACE FUNCTION free(template text) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM pg_database
  WHERE datname LIKE replace(template, '_', '\_') || '\_%'
    AND NOT EXISTS (SELECT FROM used WHERE name = datname)
$$;

-- A copy whose user has gone, whose lock this session holds from now on; null if there is none.
CREATE OR REPLACE FUNCTION take_abandoned() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  candidate text;
BEGIN
  FOR candidate IN
    SELECT name FROM used
    UNION
    SELECT rolname FROM pg_roles
    WHERE rolname LIKE 'neon\_test\_%\_%'
      AND NOT EXISTS (SELECT FROM pg_database WHERE datname = rolname)
  LOOP
    IF pg_try_advisory_lock(number_of(candidate)) THEN
      IF EXISTS (SELECT FROM used WHERE name = candidate)
         OR NOT EXISTS (SELECT FROM pg_database WHERE datname = candidate) THEN
        RETURN candidate;
      END IF;
      PERFORM pg_advisory_unlock(number_of(candidate));
    END IF;
  END LOOP;
  RETURN NULL;
END $$;
