-- expect: script
-- An error handler with an error.
error(select(2, xpcall(error, function(e) error(e) end)))
