INSERT INTO userbook_claim (user_id, namespace, digest, is_exclusive)
SELECT * FROM unnest(:user::bigint[], :namespace::text[], :digest::text[], :is_exclusive::boolean[])
