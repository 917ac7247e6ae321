-- expect: script
-- A chain of __index that bites its own tail.
local a, b = {}, {}
setmetatable(a, { __index = b })
setmetatable(b, { __index = a })
local _ = a.x
