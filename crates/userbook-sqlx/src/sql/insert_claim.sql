INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive) VALUES (:user, :namespace, :digest, :is_exclusive)
