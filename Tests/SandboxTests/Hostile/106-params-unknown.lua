-- expect: script 'x' is not declared
-- A parameter that is not declared.
local _ = params.x
