-- expect: script
-- A __tostring that asks for its own text.
local t = setmetatable({}, { __tostring = function(t) return tostring(t) end })
print(t)
