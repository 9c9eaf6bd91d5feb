CREATE TABLE a (b int); -- ; not the end
