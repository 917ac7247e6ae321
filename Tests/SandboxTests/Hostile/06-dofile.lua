-- expect: denied
-- Another script.
dofile('/etc/hostname')
