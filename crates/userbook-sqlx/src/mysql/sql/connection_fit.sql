-- The settings of this connection that the store depends on.
SELECT
    FIND_IN_SET('STRICT_TRANS_TABLES', @@sql_mode) + FIND_IN_SET('STRICT_ALL_TABLES', @@sql_mode) > 0 AS strict,
    @@character_set_client = 'utf8mb4' AND @@character_set_connection = 'utf8mb4' AS unicode,
    @@max_recursive_iterations >= 4294967295 AS recursion,
    @@foreign_key_checks AS foreign_keys
