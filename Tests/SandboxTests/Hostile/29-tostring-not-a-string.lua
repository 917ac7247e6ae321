-- expect: script must return a string
-- A __tostring that gives a table.
print(setmetatable({}, { __tostring = function() return {} end }))
