-- All statements see what was committed until the first of them began.
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
