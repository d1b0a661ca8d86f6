-- All statements see what was committed before the first of them. Each is planned for the values of its filters: a
-- generic plan treats rare values as frequent ones.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL plan_cache_mode = force_custom_plan
