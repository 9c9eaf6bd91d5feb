INSERT INTO a VALUES (1);

-- what fails
INSERT INTO
    missing VALUES (2);
INSERT INTO a VALUES (3);
