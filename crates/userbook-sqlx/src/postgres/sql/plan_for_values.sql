-- For this transaction alone: a plan for any values of a filter takes rare ones for common ones.
SET LOCAL plan_cache_mode = force_custom_plan
