INSERT INTO userbook_group_external_id (group_id, source, identifier)
SELECT * FROM unnest(:owner::uuid[], :source::text[], :identifier::text[])
