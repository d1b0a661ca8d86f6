-- One holder at a time; another one may take an expired claim.
UPDATE userbook_server_claim
SET holder = :holder, expires = :expires
WHERE name = :name AND (holder = :holder OR expires < :now)
