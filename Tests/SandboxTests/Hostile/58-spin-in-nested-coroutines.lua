-- expect: cpu
-- An endless loop in a coroutine in a coroutine.
coroutine.wrap(function() coroutine.wrap(function() while true do end end)() end)()
