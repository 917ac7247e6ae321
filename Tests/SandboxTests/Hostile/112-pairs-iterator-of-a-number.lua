-- expect: script table expected, got number
-- The iterator that pairs gave, called by hand with a number where the table belongs: no address of the script's choice.
local step = pairs({ 1, 2, 3 })
step(0x414141414141)
