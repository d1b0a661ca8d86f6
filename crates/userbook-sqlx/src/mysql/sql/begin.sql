-- Each statement sees what was committed before it, and locks no gaps.
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
START TRANSACTION
