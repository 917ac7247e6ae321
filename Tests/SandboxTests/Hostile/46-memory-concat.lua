-- expect: memory
-- table.concat of one large text many times.
local s = string.rep('x', 1 << 20)
local t = {}
for i = 1, 200 do t[i] = s end
local _ = #table.concat(t)
