-- expect: script protected metatable
-- Nor can that of the globals.
setmetatable(_G, {})
