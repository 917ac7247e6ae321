-- expect: script pattern too complex
-- A pattern that recurses.
local s = string.rep('(', 300000)
local _ = s:find(string.rep('.-', 250) .. '%b()x')
