-- Each statement sees what was committed until it began, so also what it has waited for before.
BEGIN ISOLATION LEVEL READ COMMITTED
