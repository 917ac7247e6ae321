-- expect: cpu
-- Two coroutines that pass the ball.
local a = coroutine.wrap(function() while true do coroutine.yield() end end)
while true do a() end
