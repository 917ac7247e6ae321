-- expect: script
-- Coroutines within coroutines.
local function f() return coroutine.wrap(f)() end
f()
