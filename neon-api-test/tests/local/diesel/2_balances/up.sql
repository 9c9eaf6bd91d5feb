ALTER TABLE account ADD COLUMN balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0);

CREATE FUNCTION transfer(debtor bigint, creditor bigint, amount bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE account SET balance = balance - amount WHERE id = debtor;
    UPDATE account SET balance = balance + amount WHERE id = creditor;
END $$;
