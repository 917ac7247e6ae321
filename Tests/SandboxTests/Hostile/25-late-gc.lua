-- expect: ok
-- A finalizer added afterwards is never called.
local mt = {}
local called = false
for i = 1, 1000 do setmetatable({}, mt) end
mt.__gc = function() called = true end
for i = 1, 20000 do local t = { {}, {} } end
assert(not called)
