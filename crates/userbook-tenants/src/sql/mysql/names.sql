SELECT s.schema_name AS place
FROM information_schema.schemata AS s
WHERE LEFT(s.schema_name, CHAR_LENGTH(:prefix)) = :prefix
