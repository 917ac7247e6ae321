-- expect: ok
-- Coroutines that ended, run already, or are the caller.
local co = coroutine.create(function() return 1 end)
assert(coroutine.resume(co))
assert(not coroutine.resume(co, 1, 2))
local wrapped
wrapped = coroutine.wrap(function() return wrapped() end)
assert(not pcall(wrapped))
assert(not coroutine.resume((coroutine.running())))
