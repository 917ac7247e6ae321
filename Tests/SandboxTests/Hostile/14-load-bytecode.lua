-- expect: ok
-- Bytecode cannot be loaded, whatever mode is asked for.
local f, why = load('\27Lua\84\0\25\147\13\10\26\10', 'x', 'b')
assert(f == nil and why:find('binary'), why)
local g = load('\27LuaS', 'x', 'bt')
assert(g == nil)
