-- expect: script attempt to compare
-- Comparisons of what cannot be compared.
local _ = {} < {}
