INSERT INTO account (id, owner, balance) VALUES (1, 'Ada', 100), (2, 'Grace', 0);
