-- expect: cpu
-- An error handler that spins.
xpcall(error, function() while true do end end)
