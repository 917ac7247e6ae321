-- expect: denied 'os' is not available
-- A shell.
os.execute('id')
