-- expect: script
-- __index that calls itself.
local t = setmetatable({}, { __index = function(t, k) return t[k .. 'x'] end })
local _ = t.x
