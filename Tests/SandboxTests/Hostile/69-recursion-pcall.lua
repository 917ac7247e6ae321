-- expect: script
-- Recursion through pcall: C levels run out.
local function f() return pcall(f) end
local ok, ok2 = f()
error('still here')
