-- expect: memory
-- A breach is not an error that pcall could catch.
while true do pcall(function() local t = {} while true do t[#t + 1] = string.rep('x', 1000) .. #t end end) end
