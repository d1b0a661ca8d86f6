INSERT INTO userbook_user_external_id (user_id, source, identifier)
SELECT * FROM unnest(:owner::bigint[], :source::text[], :identifier::text[])
