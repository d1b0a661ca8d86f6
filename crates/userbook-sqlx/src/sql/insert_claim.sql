INSERT INTO userbook_claim (user_id, namespace, digest, slot) VALUES (:user, :namespace, :digest, :slot)
