-- expect: script
-- Recursion through a library function.
local function f(s) return (s:gsub('.', f)) end
f('xxxx')
