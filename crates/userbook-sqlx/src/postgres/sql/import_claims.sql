INSERT INTO userbook_claim (user_id, namespace, digest, slot)
SELECT * FROM unnest(:user::bigint[], :namespace::text[], :digest::text[], :slot::bigint[])
