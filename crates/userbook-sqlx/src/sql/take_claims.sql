-- Deletes the claims of a user, to write them anew.
DELETE FROM userbook_claim WHERE user_id = :user RETURNING namespace, digest, is_exclusive
