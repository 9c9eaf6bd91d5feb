CREATE TABLE account (
    id bigint PRIMARY KEY,
    owner text NOT NULL
);
