-- Replaces the key of a user in a namespace.
UPDATE userbook_claim SET digest = :digest, slot = :slot WHERE user_id = :user AND namespace = :namespace
