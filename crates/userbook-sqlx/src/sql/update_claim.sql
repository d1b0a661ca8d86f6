-- Replaces the key of a user in a namespace.
UPDATE userbook_claim SET digest = :digest, is_exclusive = :is_exclusive WHERE user_id = :user AND namespace = :namespace
