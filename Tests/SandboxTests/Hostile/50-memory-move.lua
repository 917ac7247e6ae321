-- expect: memory
-- table.move into the distance.
local t = setmetatable({}, { __index = function() return 1 end })
local _ = table.move(t, 1, math.maxinteger - 1, 1, {})
