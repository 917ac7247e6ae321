-- expect: memory
-- A binary text of great length.
local f = string.rep('s8', 1)
local s = string.rep('x', 20 << 20)
local _ = #string.pack(f, s) + #string.pack(f .. f, s, s)
