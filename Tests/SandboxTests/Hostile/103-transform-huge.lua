-- expect: script
-- A declaration of many columns.
local c = {}
for i = 1, 30000 do c['c' .. i] = 'int' end
transform { input = table_in { columns = c }, output = table_out {} }
